#include "digest.hpp"

#include <span>
#include <vector>

#include "batch_reader.hpp"
#include "sha256.hpp"

namespace weftsum {
namespace {

constexpr std::size_t buffer_bytes = batch::max_bytes;  // a full batch of small files takes one blocking call

void digest(batch& files, sha256& hash, std::span<std::byte> buffer) {
    batch_reader reader(files, buffer);
    while (!reader.finished()) {
        // Reading waits for disks, so it happens off the workers; computing belongs on them.
        weft::blocking([&] { reader.fill(); });
        for (piece const& p : reader.pieces()) {
            hash.update(p.data);
            p.of->bytes += p.data.size();
            if (p.last) p.of->digest = hash.finish();
        }
    }
}

}  // namespace

void digest_files(weft::recv_chan<batch> work, weft::send_chan<batch> done) {
    sha256 hash;
    std::vector<std::byte> buffer(buffer_bytes);
    for (batch b : work) {
        digest(b, hash, buffer);
        done.send(std::move(b));
    }
}

}  // namespace weftsum
