//! 接口 · The national interface on the wire: envelope, catalogue, nodes, codec.
