// The portable switch: Boost.Context's fcontext. Used where we have no switch of our own, and under the sanitizers.
//
// An fcontext switch tells the *target* where its predecessor is suspended; the target stores that on the predecessor's
// behalf. Nothing here is instrumented by a sanitizer: between the annotation of a switch and the switch itself the
// sanitizer already believes to be on the other stack.
#include <weft/detail/switch_stack.hpp>

#include <boost/context/detail/fcontext.hpp>

#include <cstddef>

#define WEFT_NOT_INSTRUMENTED __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

namespace weft::detail {

namespace {

namespace fcontext = boost::context::detail;

struct message {
    void** save;
    void* payload;
};

WEFT_NOT_INSTRUMENTED void* receive(fcontext::transfer_t from) noexcept {
    message const sent = *static_cast<message*>(from.data);
    *sent.save = from.fctx;
    return sent.payload;
}

// An fcontext entry point takes no argument of its own, so `prepare_stack` visits the new stack once to leave the
// entry point in a local variable here.
WEFT_NOT_INSTRUMENTED void bottom(fcontext::transfer_t preparer) noexcept {
    auto const entry = reinterpret_cast<stack_entry>(preparer.data);
    fcontext::transfer_t const first = fcontext::jump_fcontext(preparer.fctx, nullptr);
    continuation const next = entry(receive(first));
    void* abandoned = nullptr;
    message out{&abandoned, next.payload};
    fcontext::jump_fcontext(next.stack_pointer, &out);
    __builtin_trap();  // nobody resumes a finished stack
}

}  // namespace

WEFT_NOT_INSTRUMENTED void* prepare_stack(void* top, void* limit, stack_entry entry) noexcept {
    auto const bytes = static_cast<std::size_t>(static_cast<std::byte*>(top) - static_cast<std::byte*>(limit));
    fcontext::fcontext_t const fresh = fcontext::make_fcontext(top, bytes, &bottom);
    return fcontext::jump_fcontext(fresh, reinterpret_cast<void*>(entry)).fctx;
}

WEFT_NOT_INSTRUMENTED void* switch_stack(void** save, void* target, void* payload) noexcept {
    message out{save, payload};
    return receive(fcontext::jump_fcontext(target, &out));
}

char const* switch_name() noexcept { return "boost"; }

}  // namespace weft::detail
