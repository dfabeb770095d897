// SPDX-License-Identifier: Apache-2.0
use std::alloc::{Layout, alloc, dealloc};
use std::cell::OnceCell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use robocache::{
    Allocator, Context, ContextOptions, Device, ErrorCode, HEADER_VERSION, LogLevel, Operation,
    ResampleOptions, SimdLevel, build_info, check_version, cuda_device_count, device_info, version,
    version_string,
};

use crate::{Random, cpu, view, view_mut};

/// Three samples at four targets.
fn resample_little(context: &Context) -> robocache::Result<[f32; 4]> {
    let mut output = [0.0_f32; 4];
    context.resample(
        view(&[1.0_f32, 2.0, 6.0], &[3, 1]),
        &[0_i64, 10, 30],
        &[5_i64, 10, 20, 40],
        &ResampleOptions::new(),
        view_mut(&mut output, &[4, 1]),
    )?;
    Ok(output)
}

#[test]
fn the_library_is_that_of_the_headers() {
    check_version().unwrap();
    assert!(version() >= HEADER_VERSION);
    assert!(build_info().contains(version_string()));
}

#[test]
fn a_context_says_where_it_runs_and_why() {
    let context = cpu();
    assert_eq!(context.device(), Device::Cpu);
    assert_eq!(context.reason(), "RC_DEVICE_CPU: cpu, as asked for");
    assert_eq!(format!("{context:?}"), "Context { device: Cpu, .. }");
}

#[test]
fn devices_are_described() {
    let processor = device_info(Device::Cpu).unwrap();
    assert!(processor.available && processor.processors > 0 && processor.total_memory > 0);
    assert_eq!(processor.reason, "");

    let count = cuda_device_count().unwrap();
    let beyond = device_info(Device::Cuda(count as i32)).unwrap();
    assert!(!beyond.available);
    assert_ne!(beyond.reason, "");

    let error = device_info(Device::CudaHost).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
}

#[test]
fn a_device_that_is_not_there_is_refused() {
    let error = ContextOptions::new().device(Device::Cuda(1000)).build().unwrap_err();
    assert_eq!(error.code(), ErrorCode::BackendUnavailable);
    assert!(error.message().starts_with("rc_context_create: "), "{error}");
}

#[test]
fn a_context_moves_between_threads_and_many_work_at_once() {
    let expected = resample_little(&cpu()).unwrap();
    let context = cpu();
    let context = thread::spawn(move || {
        assert_eq!(resample_little(&context).unwrap(), expected);
        context
    });
    assert_eq!(resample_little(&context.join().unwrap()).unwrap(), expected);

    let workers = (0..4).map(|_| thread::spawn(move || resample_little(&cpu()).unwrap()));
    for worker in workers.collect::<Vec<_>>() {
        assert_eq!(worker.join().unwrap(), expected);
    }
}

#[test]
fn threads_and_instruction_sets_give_equal_bits() {
    let mut random = Random(7);
    let values: Vec<f32> = (0..20_000).map(|_| random.unit() as f32).collect();
    let source: Vec<i64> = (0..5_000).map(|index| index * 10).collect();
    let target: Vec<i64> = (0..7_000).map(|_| random.below(50_000)).collect();
    let run = |options: ContextOptions| {
        let mut output = vec![0.0_f32; 7_000 * 4];
        options
            .device(Device::Cpu)
            .build()
            .unwrap()
            .resample(
                view(&values, &[5_000, 4]),
                &source,
                &target,
                &ResampleOptions::new(),
                view_mut(&mut output, &[7_000, 4]),
            )
            .unwrap();
        output.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    let expected = run(ContextOptions::new().threads(1).simd(SimdLevel::Baseline));
    assert_eq!(run(ContextOptions::new().threads(1)), expected);
    assert_eq!(run(ContextOptions::new().threads(3)), expected);
}

#[test]
fn metrics_count_calls() {
    let context = ContextOptions::new().device(Device::Cpu).metrics().build().unwrap();
    resample_little(&context).unwrap();
    resample_little(&context).unwrap();
    let measured = context.metrics(Operation::Resample).unwrap();
    assert_eq!((measured.calls, measured.items), (2, 8));
    assert!(measured.min <= measured.max && measured.max <= measured.total);
    assert_eq!(context.metrics(Operation::Voxelize).unwrap().calls, 0);

    context.reset_metrics().unwrap();
    assert_eq!(context.metrics(Operation::Resample).unwrap(), Default::default());
    context.enable_metrics(false).unwrap();
    resample_little(&context).unwrap();
    assert_eq!(context.metrics(Operation::Resample).unwrap().calls, 0);
}

#[test]
fn the_log_reaches_a_closure() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let context = ContextOptions::new()
        .device(Device::Cpu)
        .log(LogLevel::Debug, move |level, line| {
            sink.lock().unwrap().push((level, line.to_owned()))
        })
        .build()
        .unwrap();
    resample_little(&context).unwrap();
    drop(context);
    let lines = lines.lock().unwrap();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|(level, line)| *level <= LogLevel::Info && !line.is_empty()));
}

/// The heap. It counts calls and bytes held, and tries what it must not: to use the context.
struct Counted(Arc<Counts>);

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    held: AtomicU64,
}

const ALIGNMENT: usize = 256;

thread_local! {
    static CONTEXT: OnceCell<Context> = const { OnceCell::new() };
}

// SAFETY: the heap gives memory as it is asked to.
unsafe impl Allocator for Counted {
    fn allocate(&mut self, size: u64, alignment: u64, stream: *mut c_void) -> *mut c_void {
        assert!(alignment <= ALIGNMENT as u64 && size > 0 && stream.is_null());
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        self.0.held.fetch_add(size, Ordering::Relaxed);
        CONTEXT.with(|context| {
            let error = context.get().unwrap().synchronize().unwrap_err();
            assert_eq!(error.message(), "context: used inside one of its own callbacks");
        });
        // SAFETY: the size is not 0.
        unsafe { alloc(Layout::from_size_align(size as usize, ALIGNMENT).unwrap()) }.cast()
    }

    fn deallocate(&mut self, pointer: *mut c_void, size: u64, _stream: *mut c_void) {
        self.0.held.fetch_sub(size, Ordering::Relaxed);
        let layout = Layout::from_size_align(size as usize, ALIGNMENT).unwrap();
        // SAFETY: it came from `allocate` with this layout.
        unsafe { dealloc(pointer.cast(), layout) };
    }
}

#[test]
fn workspace_comes_from_the_callers_allocator_which_cannot_use_the_context() {
    let counts = Arc::new(Counts::default());
    let options = ContextOptions::new().device(Device::Cpu);
    let context = options.allocator(Counted(Arc::clone(&counts))).build().unwrap();
    let mut gradient = [0.0_f32; 3];
    CONTEXT
        .with(|place| {
            place.set(context).unwrap();
            place.get().unwrap().resample_backward(
                view(&[1.0_f32; 4], &[4, 1]),
                None,
                &[0_i64, 10, 30],
                &[5_i64, 10, 20, 40],
                &ResampleOptions::new(),
                view_mut(&mut gradient, &[3, 1]),
            )
        })
        .unwrap();
    assert_eq!(gradient, [0.5, 2.0, 1.5]);
    assert_ne!(counts.calls.load(Ordering::Relaxed), 0);
    assert_eq!(counts.held.load(Ordering::Relaxed), 0);
}

#[test]
fn a_stream_on_the_cpu_is_refused() {
    let context = cpu();
    let mut no_stream = 0_u8;
    let stream = (&raw mut no_stream).cast();
    // SAFETY: a context on the CPU refuses streams without looking at them.
    let error = unsafe { context.set_stream(stream) }.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    // SAFETY: as above.
    let options = unsafe { ContextOptions::new().device(Device::Cpu).stream(stream) };
    assert_eq!(options.build().unwrap_err().code(), ErrorCode::InvalidArgument);
    // SAFETY: NULL is no stream.
    unsafe { context.set_stream(std::ptr::null_mut()) }.unwrap();
    context.synchronize().unwrap();
    context.clear_error().unwrap();
}
