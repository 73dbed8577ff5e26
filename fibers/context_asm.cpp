// The fast switch. Three words are saved by hand: the stack pointer, the frame pointer and the address to resume at.
// All other registers are declared clobbered, so the compiler saves just the ones that are live, which in a function
// this small is none beyond the callee-saved set.
//
//     stack of a suspended execution, from its saved stack pointer upwards:
//     | resume address | frame pointer | ... frames of whoever called switch_stack
//
// Invariants: a suspended execution is resumed by the jump in switch_stack, or by the one that ends a finished stack.
//             Both nearly always go to the same address and are predicted. Hence noinline, and no LTO for this file.
//             The compiler may keep a value in the red zone (x86-64: 128 bytes under the stack pointer): step over it.
// Rejected:   `ret` instead of the jump: the return-address predictor would be wrong at each switch.
#include <weft/detail/config.hpp>
#include <weft/detail/switch_stack.hpp>

#include <cstdint>

namespace weft::detail {

#if defined(__x86_64__)

// A new stack starts here: payload in rdi, entry point on top of the stack. The frame pointer is zero and the CFI says
// that there is no caller, so that debuggers and profilers stop walking. The entry function returns a continuation in
// rax and rdx.
asm(R"(
    .text
    .p2align 4
    .type weft_stack_trampoline, @function
weft_stack_trampoline:
    .cfi_startproc
    .cfi_undefined rip
    .cfi_undefined rbp
    endbr64
    popq %rax
    xorl %ebp, %ebp
    callq *%rax
    movq %rax, %rsp
    movq %rdx, %rdi
    popq %rax
    popq %rbp
    jmpq *%rax
    .cfi_endproc
    .size weft_stack_trampoline, .-weft_stack_trampoline
)");
extern "C" void weft_stack_trampoline() noexcept;

void* prepare_stack(void* top, void* /*limit*/, stack_entry entry) noexcept {
    // The ABI wants the stack aligned to 16 bytes at the call in the trampoline, when all three words are popped.
    auto* end = reinterpret_cast<std::uintptr_t*>(reinterpret_cast<std::uintptr_t>(top) & ~std::uintptr_t{15});
    std::uintptr_t* sp = end - 3;
    sp[0] = reinterpret_cast<std::uintptr_t>(&weft_stack_trampoline);
    sp[1] = 0;  // frame pointer: the end of the chain
    sp[2] = reinterpret_cast<std::uintptr_t>(entry);
    return sp;
}

#if defined(__AVX512F__)
#define WEFT_VECTOR_CLOBBERS                                                                                      \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", \
        "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define WEFT_VECTOR_CLOBBERS
#endif

WEFT_NOINLINE void* switch_stack(void** save, void* target, void* payload) noexcept {
    asm volatile(
        "leaq -128(%%rsp), %%rsp\n\t"
        "pushq %%rbp\n\t"
        "leaq 1f(%%rip), %%rax\n\t"
        "pushq %%rax\n\t"
        "movq %%rsp, (%[save])\n\t"
        "movq %[target], %%rsp\n\t"
        "popq %%rax\n\t"
        "popq %%rbp\n\t"
        "jmpq *%%rax\n"
        "1:\n\t"
        "endbr64\n\t"
        "leaq 128(%%rsp), %%rsp"
        : [payload] "+D"(payload), [save] "+S"(save), [target] "+d"(target)
        :
        : "rax", "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3",
          "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "mm0",
          "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",
          "st(7)", "memory", "cc" WEFT_VECTOR_CLOBBERS);
    return payload;
}

#elif defined(__aarch64__)

asm(R"(
    .text
    .p2align 2
    .type weft_stack_trampoline, %function
weft_stack_trampoline:
    .cfi_startproc
    .cfi_undefined x30
    hint #36
    ldr x9, [sp], #16
    mov x29, #0
    mov x30, #0
    blr x9
    mov sp, x0
    mov x0, x1
    ldp x16, x29, [sp], #16
    br x16
    .cfi_endproc
    .size weft_stack_trampoline, .-weft_stack_trampoline
)");
extern "C" void weft_stack_trampoline() noexcept;

void* prepare_stack(void* top, void* /*limit*/, stack_entry entry) noexcept {
    auto* end = reinterpret_cast<std::uintptr_t*>(reinterpret_cast<std::uintptr_t>(top) & ~std::uintptr_t{15});
    std::uintptr_t* sp = end - 4;
    sp[0] = reinterpret_cast<std::uintptr_t>(&weft_stack_trampoline);
    sp[1] = 0;  // frame pointer: the end of the chain
    sp[2] = reinterpret_cast<std::uintptr_t>(entry);
    sp[3] = 0;
    return sp;
}

// x18 belongs to the platform and is neither used nor switched. x16 carries the jump, as branch-target checking wants.
WEFT_NOINLINE void* switch_stack(void** save, void* target, void* payload) noexcept {
    register void* x0 asm("x0") = payload;
    register void** x1 asm("x1") = save;
    register void* x2 asm("x2") = target;
    asm volatile(
        "adr x3, 1f\n\t"
        "stp x3, x29, [sp, #-16]!\n\t"
        "mov x3, sp\n\t"
        "str x3, [x1]\n\t"
        "mov sp, x2\n\t"
        "ldp x16, x29, [sp], #16\n\t"
        "br x16\n"
        "1:\n\t"
        "hint #36"
        : "+r"(x0), "+r"(x1), "+r"(x2)
        :
        : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x19",
          "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4", "v5",
          "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
          "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory", "cc");
    return x0;
}

#else
#error "the asm switch knows x86-64 and arm64; configure with -DWEFT_SWITCH=boost"
#endif

char const* switch_name() noexcept { return "asm"; }

}  // namespace weft::detail
