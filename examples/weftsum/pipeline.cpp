#include "pipeline.hpp"

#include "digest.hpp"

namespace weftsum {
namespace {

// Bounds what may overtake one slow file: the results behind it have to be kept until it is done. With this many, hashing
// a file of some gigabytes does not hold up the others, and the memory stays in the single megabytes.
constexpr int max_batches_under_way = 1024;

void produce(file_source& source, weft::chan<weft::unit> window, weft::chan<batch> work) {
    weft::defer const no_more([&] { work.close(); });
    batch next;
    auto const pass_on = [&] {
        std::uint64_t const number = next.number;
        window.send({});
        work.send(std::move(next));
        next = batch{};
        next.number = number + 1;
    };
    while (std::optional<file> f = source.next()) {
        if (!next.fits(*f)) pass_on();
        next.add(std::move(*f));
    }
    if (!next.files.empty()) pass_on();
}

}  // namespace

pipeline::pipeline(file_source& source, unsigned digest_fibers)
    : work_(weft::make_chan<batch>()),
      done_(weft::make_chan<batch>(digest_fibers)),
      window_(weft::make_chan<weft::unit>(max_batches_under_way)),
      producer_(weft::spawn({.name = "producer"}, [this, &source] { produce(source, window_, work_); })) {
    for (unsigned i = 0; i != digest_fibers; ++i)
        digest_fibers_.push_back(weft::spawn({.name = "digest"}, [this] { digest_files(work_, done_); }));
    closer_ = weft::spawn({.name = "closer"}, [this] {
        weft::defer const no_more([this] { done_.close(); });
        for (weft::fiber<>& fiber : digest_fibers_) fiber.join();
        producer_.join();
    });
}

}  // namespace weftsum
