// SPDX-License-Identifier: Apache-2.0
//! Puts a CSV file of samples on an exact clock.
//!
//! ```text
//! cargo run --example resample_csv -- samples.csv 30 0.2 > aligned.csv
//! ```
//!
//! The first column is the time in integer nanoseconds, the others are numbers; an empty cell is a
//! sample that its column lacks. The second argument is the rate in hertz, the third the widest gap
//! to bridge in seconds. Cells that no sample supports are left empty.

use std::error::Error;
use std::{env, io};

use robocache::{
    Context, Order, Outside, Rate, ResampleOptions, TensorView, TensorViewMut, target_clock,
};

const SECOND: i64 = 1_000_000_000;

struct Samples {
    names: csv::StringRecord,
    times: Vec<i64>,
    /// Row by row.
    values: Vec<f64>,
}

fn read(path: &str) -> Result<Samples, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let names = reader.headers()?.clone();
    let (mut times, mut values) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record?;
        times.push(record[0].trim().parse()?);
        for cell in record.iter().skip(1).map(str::trim) {
            values.push(if cell.is_empty() { f64::NAN } else { cell.parse()? });
        }
    }
    Ok(Samples { names, times, values })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, rate, max_gap] = arguments.as_slice() else {
        return Err("usage: resample_csv SAMPLES.csv RATE_HZ MAX_GAP_SECONDS".into());
    };
    let max_gap = (max_gap.parse::<f64>()? * SECOND as f64) as i64;
    let samples = read(path)?;
    let (Some(&first), Some(&last)) = (samples.times.iter().min(), samples.times.iter().max())
    else {
        return Err(format!("{path} has no samples").into());
    };

    let clock = target_clock(first..last + 1, SECOND, Rate::hertz(rate.parse()?))?;
    let width = samples.names.len() - 1;
    let mut aligned = vec![0.0_f64; clock.len() * width];
    Context::cpu()?.resample(
        TensorView::new(&samples.values, &[samples.times.len(), width])?,
        &samples.times,
        &clock,
        &ResampleOptions::new()
            .order(Order::Sort)
            .outside(Outside::Fill)
            .fill_value(f64::NAN)
            .max_gap(max_gap)
            .skip_nan(),
        TensorViewMut::new(&mut aligned, &[clock.len(), width])?,
    )?;

    let mut writer = csv::Writer::from_writer(io::stdout().lock());
    writer.write_record(&samples.names)?;
    for (time, row) in clock.iter().zip(aligned.chunks(width)) {
        let cells = row.iter().map(|v| if v.is_nan() { String::new() } else { v.to_string() });
        writer.write_record([time.to_string()].into_iter().chain(cells))?;
    }
    writer.flush()?;
    Ok(())
}
