#include "printer.hpp"

namespace weftsum {
namespace {

using namespace std::chrono_literals;
constexpr auto tick = 100ms;

}  // namespace

int printer::print_all(weft::recv_chan<int> interrupts) {
    std::optional<batch> digested;
    std::optional<int> signal;
    weft::clock::time_point next_tick = weft::clock::now() + tick;
    for (;;) {
        switch (weft::select(weft::on_recv(digests_.done(), digested), weft::on_recv(interrupts, signal),
                             weft::on_deadline(next_tick))) {
        case 0:
            if (!digested) return finish();
            add(std::move(*digested));
            if (out_.wants_flush()) out_.flush();
            break;
        case 1: return give_up(*signal);
        case 2:
            next_tick = weft::clock::now() + tick;
            out_.show_progress(done_.summary());
            out_.flush();
            break;
        }
    }
}

void printer::add(batch b) {
    done_.add(b);
    std::uint64_t const number = b.number;
    early_.emplace(number, std::move(b));
    for (auto first = early_.begin(); first != early_.end() && first->first == next_; first = early_.begin()) {
        for (file const& f : first->second.files) report_.add(f);
        early_.erase(first);
        ++next_;
        digests_.release();
    }
}

int printer::finish() {
    digests_.join();
    out_.end_progress();
    int const exit_status = report_.finish();
    out_.flush();
    return exit_status;
}

int printer::give_up(int signal) {
    out_.end_progress();
    out_.complain("interrupted after " + done_.summary());
    out_.flush();
    return 128 + signal;
}

}  // namespace weftsum
