#include "bio_queue.hpp"

#include <openssl/err.h>
#include <algorithm>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

byte_pipe& pipe_of(BIO* bio) noexcept { return *static_cast<byte_pipe*>(BIO_get_data(bio)); }

int read_queue(BIO* bio, char* to, std::size_t size, std::size_t* read) noexcept {
    BIO_clear_retry_flags(bio);
    *read = pipe_of(bio).in.pop(std::as_writable_bytes(std::span(to, size)));
    if (*read != 0 || size == 0) return 1;
    BIO_set_retry_read(bio);  // nothing there now
    return -1;
}

int write_queue(BIO* bio, char const* from, std::size_t size, std::size_t* written) noexcept {
    BIO_clear_retry_flags(bio);
    try {
        pipe_of(bio).out.push(std::as_bytes(std::span(from, size)));
    } catch (std::bad_alloc const&) {
        ERR_raise(ERR_LIB_BIO, ERR_R_MALLOC_FAILURE);
        return -1;
    }
    *written = size;
    return 1;
}

// Of the many things that a BIO may be asked, only to flush has to succeed.
long control_queue(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct method_deleter {
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

std::unique_ptr<BIO_METHOD, method_deleter> make_method() {
    std::unique_ptr<BIO_METHOD, method_deleter> method(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weft byte queue"));
    if (method == nullptr || BIO_meth_set_read_ex(method.get(), read_queue) != 1 ||
        BIO_meth_set_write_ex(method.get(), write_queue) != 1 || BIO_meth_set_ctrl(method.get(), control_queue) != 1)
        throw std::bad_alloc();
    return method;
}

}  // namespace

std::size_t bio_queue::pop(std::span<std::byte> to) noexcept {
    std::size_t const n = std::min(to.size(), bytes_.size() - taken_);
    std::copy_n(bytes_.data() + taken_, n, to.data());
    taken_ += n;
    if (empty()) pop_all();
    return n;
}

std::vector<std::byte> bio_queue::pop_all() noexcept {
    taken_ = 0;
    return std::exchange(bytes_, {});
}

bio_handle make_bio(byte_pipe& pipe) {
    static auto const method = make_method();
    bio_handle bio(BIO_new(method.get()));
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio.get(), &pipe);
    BIO_set_init(bio.get(), 1);
    return bio;
}

}  // namespace weft::detail
