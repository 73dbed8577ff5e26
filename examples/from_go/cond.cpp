// A condition variable: with a predicate there is no loop to get wrong.
#include <cstdio>
#include <deque>
#include <mutex>
#include <weft/weft.hpp>

// [guide]
class queue {
public:
    void put(int v) {
        std::lock_guard lock(mu_);
        items_.push_back(v);
        some_.notify_one();
    }

    int take() {
        std::unique_lock lock(mu_);
        some_.wait(lock, [&] { return !items_.empty(); });
        int const v = items_.front();
        items_.pop_front();
        return v;
    }

private:
    weft::mutex mu_;
    weft::condition_variable some_;
    std::deque<int> items_;
};
// [end]

int main() {
    weft::run([] {
        queue q;
        auto putting = weft::spawn([&] { q.put(7); });
        std::printf("%d\n", q.take());
        putting.join();
    });
}
