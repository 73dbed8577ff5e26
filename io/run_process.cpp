#include <weft/process.hpp>

#include "failure.hpp"
#include "start_child.hpp"

#include <weft/go.hpp>

namespace weft {

namespace {

using namespace detail;

std::string read_to_end(pipe_reader& from) {
    constexpr std::size_t step = 16 * 1024;
    std::string text;
    if (!from.is_open()) return text;
    for (std::size_t size = 0;;) {
        if (text.size() - size < step) text.resize(text.size() + text.size() / 2 + step);
        std::size_t const got = from.read_some(std::as_writable_bytes(std::span(text)).subspan(size));
        size += got;
        if (got != 0) continue;
        text.resize(size);
        return text;
    }
}

void feed(pipe_writer& to, std::string_view input) {
    if (!to.is_open()) return;
    try {
        to.write_all(as_bytes(input));
    } catch (std::system_error const& failed) {
        if (failed.code() != std::errc::broken_pipe) throw;  // else it has read what it wanted
    }
    to.close();
}

bool is_left_open(stdio const& s) noexcept { return stdio_access::what(s) == stdio_access::kind::inherited; }

}  // namespace

process_result run_process(std::vector<std::string> command, std::string_view input, process_options options) {
    if (is_left_open(options.in)) options.in = input.empty() ? stdio::null() : stdio::pipe();
    if (is_left_open(options.out)) options.out = stdio::pipe();
    if (is_left_open(options.err)) options.err = stdio::pipe();
    process child(std::move(command), std::move(options));
    auto out = spawn([&child] { return read_to_end(child.output()); });
    auto err = spawn([&child] { return read_to_end(child.errors()); });
    feed(child.input(), input);
    process_result result;
    result.out = out.join();
    result.err = err.join();
    result.status = child.wait();
    return result;
}

process_result run_process(std::vector<std::string> command, std::string_view input, process_options options,
                           std::error_code& ec) {
    return reporting(ec, [&] { return run_process(std::move(command), input, std::move(options)); });
}

}  // namespace weft
