#pragma once
// The decisions of one execution, and which execution comes next.

#include <cstddef>
#include <vector>

namespace weft_model {

class execution_path {
public:
    /// A number below `n`: what this execution is to decide now. New decisions begin with 0.
    std::size_t decide(std::size_t n) {
        if (next_ == taken_.size()) taken_.push_back({0, n});
        return taken_[next_++].choice;
    }
    /// All decisions that were laid down have been taken: nobody has been here on this path.
    bool is_new() const noexcept { return next_ == taken_.size(); }
    void rewind() noexcept { next_ = 0; }
    void clear() noexcept { taken_.clear(); }
    /// Depth first: changes the last decision that has an alternative left. False: there is none.
    bool advance() {
        while (!taken_.empty() && taken_.back().choice + 1 == taken_.back().of) taken_.pop_back();
        if (taken_.empty()) return false;
        ++taken_.back().choice;
        return true;
    }

private:
    struct decision {
        std::size_t choice, of;
    };
    std::vector<decision> taken_;
    std::size_t next_ = 0;
};

}  // namespace weft_model
