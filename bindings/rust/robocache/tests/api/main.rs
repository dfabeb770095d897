// SPDX-License-Identifier: Apache-2.0
//! The interface as its users call it, on the CPU. One program, so that it links once.

mod context;
#[cfg(feature = "cudarc")]
mod cuda;
mod errors;
mod fuse;
#[cfg(feature = "half")]
mod half;
#[cfg(feature = "ndarray")]
mod ndarray;
mod resample;
mod resample_gradient;
mod resample_layouts;
mod tensor;
mod tsdf;
mod voxelize;
mod voxelize_sparse;

use robocache::{Context, TensorView, TensorViewMut};

fn cpu() -> Context {
    Context::cpu().expect("a CPU is always there")
}

/// A view whose shape fits.
fn view<'a, T: robocache::Element>(data: &'a [T], shape: &[usize]) -> TensorView<'a> {
    TensorView::new(data, shape).expect("the shape fits")
}

/// A view whose shape fits, to write into.
fn view_mut<'a, T: robocache::Element>(data: &'a mut [T], shape: &[usize]) -> TensorViewMut<'a> {
    TensorViewMut::new(data, shape).expect("the shape fits")
}

/// Numbers that look random and are the same in every run, from 0 to 1 (xorshift64*).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: i64) -> i64 {
        (self.unit() * limit as f64) as i64
    }
}
