// Mutexes have the standard's member names, so that the standard's locks hold them.
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <weft/weft.hpp>

// [guide]
class registry {
public:
    void add(std::string const& name, int port) {
        std::lock_guard lock(mu_);
        ports_[name] = port;
    }

    std::optional<int> find(std::string const& name) const {
        std::shared_lock lock(mu_);
        auto const at = ports_.find(name);
        return at == ports_.end() ? std::nullopt : std::optional(at->second);
    }

private:
    mutable weft::shared_mutex mu_;
    std::map<std::string, int> ports_;
};
// [end]

int main() {
    weft::run([] {
        registry r;
        r.add("http", 80);
        for (char const* name : {"http", "gopher"}) {
            std::optional<int> const port = r.find(name);
            std::printf("%d %s\n", port.value_or(0), port ? "true" : "false");
        }
    });
}
