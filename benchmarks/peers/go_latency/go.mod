module weft-peer-latency

go 1.19
