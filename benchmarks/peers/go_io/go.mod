module weft-peer-io

go 1.19
