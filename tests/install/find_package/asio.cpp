// The component for Boost.Asio, which is a header.
#include <weft/asio.hpp>
#include <weft/span_reader.hpp>

#include <boost/asio/buffer.hpp>

int main() {
    weft::asio_stream stream(weft::span_reader("weft"));
    char text[8];
    return stream.read_some(boost::asio::buffer(text)) == 4 ? 0 : 1;
}
