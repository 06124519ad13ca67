//! 总装测试 · What needs the whole: the real binary, the wiring, the tidiness of the repository.

mod binary;
mod tidy;
