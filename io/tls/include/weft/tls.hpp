#pragma once
// The component weft::tls: link it beside weft::weft. OpenSSL 3 does the work, and no header of it is included here.

#include <weft/tls_config.hpp>
#include <weft/tls_error.hpp>
#include <weft/tls_listener.hpp>
#include <weft/tls_stream.hpp>
