#pragma once
#include <weft/chan.hpp>
#include <weft/detail/typed_case.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace weft::detail {

/// A handler of a context's end, as the handler of a receive from its `done` channel: nothing ever comes but the close.
template <class Handler>
struct done_handler {
    Handler f;
    void operator()(std::optional<unit>) { f(); }
};

/// The context's channel outlives the full expression that the case lives in: the context does.
template <class F>
class [[nodiscard]] done_case final : public receive_case_base<unit, done_handler<F&&>> {
public:
    done_case(recv_chan<unit> const& done, F&& f)
        : receive_case_base<unit, done_handler<F&&>>(done.core(), done_handler<F&&>{std::forward<F>(f)}) {}
    done_case(done_case const&) = delete;

    std::unique_ptr<select_entry> own() && {
        using handler = done_handler<owned<F>>;
        return std::make_unique<owned_receive_case<unit, handler>>(static_cast<detail::channel<unit>*>(this->channel),
                                                                   handler{std::forward<F>(this->sink_.f)});
    }
};

}  // namespace weft::detail
