// A directory of its own for a test, removed with all that is in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace weft_test {

class scratch {
public:
    scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "weft_test_XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "a directory for the test: " + name);
        path_ = name;
    }
    scratch(scratch const&) = delete;
    ~scratch() {
        std::error_code nowhere_to_report;
        std::filesystem::remove_all(path_, nowhere_to_report);
    }

    std::filesystem::path const& path() const { return path_; }
    std::string operator/(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace weft_test
