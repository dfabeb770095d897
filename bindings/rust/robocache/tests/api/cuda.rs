// SPDX-License-Identifier: Apache-2.0
use cudarc::driver::CudaContext;
use robocache::cuda::{CudaView, CudaViewMut};
use robocache::{ContextOptions, Device, ErrorCode, ResampleOptions};

#[test]
#[ignore = "needs a CUDA device"]
fn device_slices_go_in_and_out() {
    let stream = CudaContext::new(0).unwrap().new_stream().unwrap();
    let context = ContextOptions::new().cuda_stream(&stream).build().unwrap();
    assert_eq!(context.device(), Device::Cuda(0));
    let values = stream.clone_htod(&[1.0_f32, 2.0, 6.0]).unwrap();
    let source = stream.clone_htod(&[0_i64, 10, 30]).unwrap();
    let target = stream.clone_htod(&[5_i64, 10, 20, 40]).unwrap();
    let mut output = stream.alloc_zeros::<f32>(4).unwrap();

    let error = CudaView::new(&values, &stream, &[4, 1]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    {
        let values = CudaView::new(&values, &stream, &[3, 1]).unwrap();
        let source = CudaView::new(&source, &stream, &[3]).unwrap();
        let target = CudaView::new(&target, &stream, &[4]).unwrap();
        let mut output = CudaViewMut::new(&mut output, &stream, &[4, 1]).unwrap();
        // SAFETY: the context's stream is that of the views, which are dropped after the call.
        unsafe {
            let options = ResampleOptions::new();
            let output = output.view_mut();
            context
                .resample(values.view(), source.view(), target.view(), &options, output)
                .unwrap();
        }
    }
    assert_eq!(stream.clone_dtoh(&output).unwrap(), [1.5, 2.0, 4.0, 6.0]);
    context.synchronize().unwrap();
}
