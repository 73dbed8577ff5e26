module weft-peer

go 1.19
