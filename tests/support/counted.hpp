// Values that keep account of themselves.
#pragma once

#include <atomic>
#include <stdexcept>
#include <utility>

namespace weft_test {

/// A value whose objects are counted: how many exist, and how often one was copied or moved.
class counted {
public:
    explicit counted(int value = 0) : value_(value) { ++live_; }
    counted(counted const& other) : value_(other.value_) { ++live_, ++copies_; }
    counted(counted&& other) noexcept : value_(std::exchange(other.value_, moved_from)) { ++live_, ++moves_; }
    counted& operator=(counted const& other) {
        value_ = other.value_;
        ++copies_;
        return *this;
    }
    counted& operator=(counted&& other) noexcept {
        value_ = std::exchange(other.value_, moved_from);
        ++moves_;
        return *this;
    }
    ~counted() { --live_; }

    int value() const { return value_; }

    static constexpr int moved_from = -1;
    static long live() { return live_.load(); }
    static long copies() { return copies_.load(); }
    static long moves() { return moves_.load(); }

private:
    int value_;
    static inline std::atomic<long> live_{0};
    static inline std::atomic<long> copies_{0};
    static inline std::atomic<long> moves_{0};
};

/// A value that may throw when it is moved or copied, if its owner asks for it.
///
/// The fuse counts down with every move and copy of any `fragile` in the process; the one that brings it to zero throws and
/// leaves its source as it was. A negative fuse never burns.
class fragile {
public:
    struct broken : std::runtime_error {
        broken() : std::runtime_error("a fragile value broke") {}
    };

    explicit fragile(int value = 0) : object_(value) {}
    fragile(fragile const& other) : object_((burn(), other.object_)) {}
    fragile(fragile&& other) noexcept(false) : object_((burn(), std::move(other.object_))) {}
    fragile& operator=(fragile const& other) {
        burn();
        object_ = other.object_;
        return *this;
    }
    fragile& operator=(fragile&& other) noexcept(false) {
        burn();
        object_ = std::move(other.object_);
        return *this;
    }
    ~fragile() = default;

    int value() const { return object_.value(); }

    static void light(long fuse) { fuse_ = fuse; }

private:
    static void burn() {
        if (fuse_.fetch_sub(1) == 1) throw broken();
    }

    counted object_;
    static inline std::atomic<long> fuse_{-1};
};

}  // namespace weft_test
