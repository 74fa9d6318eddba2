//! What a gp3 volume can be: the limits of EBS and the two ratios between size, IOPS and
//! throughput.
//!
//! Promise: what passes here, EBS accepts for a volume in a region; what does not is refused with
//! the limit and the nearest way out. Numbers are taken as the practitioner wrote them, so that
//! negative ones are refused too. Outposts keep the limits of before September 2025 and are not
//! what is meant here. <https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html>

/// The smallest volume, in GiB.
pub const MIN_SIZE: i64 = 1;
/// The largest volume, in GiB.
pub const MAX_SIZE: i64 = 65_536;
/// IOPS that a volume of any size has, included in its price.
pub const BASELINE_IOPS: i64 = 3_000;
/// The most IOPS of a volume.
pub const MAX_IOPS: i64 = 80_000;
/// The most IOPS for each GiB, above the baseline.
pub const IOPS_PER_GIB: i64 = 500;
/// MiB/s that a volume of any size has, included in its price.
pub const BASELINE_THROUGHPUT: i64 = 125;
/// The most MiB/s of a volume.
pub const MAX_THROUGHPUT: i64 = 2_000;
/// IOPS that each MiB/s needs: 0.25 MiB/s for each.
pub const IOPS_PER_MIB: i64 = 4;

/// Why EBS would refuse a gp3 volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Gp3Problem {
    /// A size no volume has.
    #[error("size = {size} GiB: a gp3 volume has {MIN_SIZE} to {MAX_SIZE} GiB")]
    Size {
        /// GiB.
        size: i64,
    },
    /// IOPS no volume has.
    #[error("iops = {iops}: a gp3 volume has {BASELINE_IOPS} to {MAX_IOPS} IOPS")]
    Iops {
        /// IOPS.
        iops: i64,
    },
    /// A throughput no volume has.
    #[error(
        "throughput = {throughput} MiB/s: a gp3 volume has {BASELINE_THROUGHPUT} to \
         {MAX_THROUGHPUT} MiB/s"
    )]
    Throughput {
        /// MiB/s.
        throughput: i64,
    },
    /// More IOPS than the size allows.
    #[error(
        "iops = {iops} is too much for size = {size} GiB: a gp3 volume has at most {IOPS_PER_GIB} \
         IOPS for each GiB, or {BASELINE_IOPS} at any size; lower iops to {}, or raise size to {} \
         GiB",
        highest_iops_of(*size),
        iops.div_euclid(IOPS_PER_GIB) + i64::from(iops % IOPS_PER_GIB != 0)
    )]
    IopsOfSize {
        /// IOPS.
        iops: i64,
        /// GiB.
        size: i64,
    },
    /// More throughput than the IOPS allow.
    #[error(
        "throughput = {throughput} MiB/s is too much for iops = {iops}: a gp3 volume has at most \
         0.25 MiB/s for each IOPS; lower throughput to {}, or raise iops to {}",
        highest_throughput_of(*iops),
        throughput.saturating_mul(IOPS_PER_MIB)
    )]
    ThroughputOfIops {
        /// MiB/s.
        throughput: i64,
        /// IOPS.
        iops: i64,
    },
}

/// Checks a size alone.
pub fn check_size(size: i64) -> Result<(), Gp3Problem> {
    let possible = (MIN_SIZE..=MAX_SIZE).contains(&size);
    if possible { Ok(()) } else { Err(Gp3Problem::Size { size }) }
}

/// Checks IOPS alone.
pub fn check_iops(iops: i64) -> Result<(), Gp3Problem> {
    let possible = (BASELINE_IOPS..=MAX_IOPS).contains(&iops);
    if possible { Ok(()) } else { Err(Gp3Problem::Iops { iops }) }
}

/// Checks a throughput alone.
pub fn check_throughput(throughput: i64) -> Result<(), Gp3Problem> {
    let possible = (BASELINE_THROUGHPUT..=MAX_THROUGHPUT).contains(&throughput);
    if possible { Ok(()) } else { Err(Gp3Problem::Throughput { throughput }) }
}

/// Checks IOPS against a size, both possible alone.
pub fn check_iops_of_size(iops: i64, size: i64) -> Result<(), Gp3Problem> {
    let possible = iops <= highest_iops_of(size);
    if possible { Ok(()) } else { Err(Gp3Problem::IopsOfSize { iops, size }) }
}

/// Checks a throughput against IOPS, both possible alone.
pub fn check_throughput_of_iops(throughput: i64, iops: i64) -> Result<(), Gp3Problem> {
    let possible = throughput <= highest_throughput_of(iops);
    if possible { Ok(()) } else { Err(Gp3Problem::ThroughputOfIops { throughput, iops }) }
}

/// Everything that is wrong with a volume of these figures. A ratio is judged only between
/// figures that are possible alone. `None` is a figure not known yet.
pub fn problems(size: Option<i64>, iops: Option<i64>, throughput: Option<i64>) -> Vec<Gp3Problem> {
    let mut found = Vec::new();
    let mut possible = |figure: Option<i64>, check: fn(i64) -> Result<(), Gp3Problem>| {
        let problem = check(figure?).err();
        found.extend(problem);
        if problem.is_none() { figure } else { None }
    };
    let size = possible(size, check_size);
    let iops = possible(iops, check_iops);
    let throughput = possible(throughput, check_throughput);
    if let (Some(iops), Some(size)) = (iops, size) {
        found.extend(check_iops_of_size(iops, size).err());
    }
    if let (Some(throughput), Some(iops)) = (throughput, iops) {
        found.extend(check_throughput_of_iops(throughput, iops).err());
    }
    found
}

/// The most IOPS of a volume of this size.
pub fn highest_iops(size: i64) -> Result<i64, Gp3Problem> {
    check_size(size).map(|()| highest_iops_of(size))
}

/// The most MiB/s of a volume of this size with these IOPS.
pub fn highest_throughput(size: i64, iops: i64) -> Result<i64, Gp3Problem> {
    problems(Some(size), Some(iops), None)
        .into_iter()
        .next()
        .map_or_else(|| Ok(highest_throughput_of(iops)), Err)
}

fn highest_iops_of(size: i64) -> i64 {
    size.saturating_mul(IOPS_PER_GIB).clamp(BASELINE_IOPS, MAX_IOPS)
}

fn highest_throughput_of(iops: i64) -> i64 {
    (iops / IOPS_PER_MIB).clamp(BASELINE_THROUGHPUT, MAX_THROUGHPUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_what_is_possible_are_possible() {
        for (size, iops, throughput) in [
            (1, 3_000, 125),
            (1, 3_000, 750),
            (6, 3_000, 750),
            (7, 3_500, 875),
            (160, 80_000, 2_000),
            (65_536, 80_000, 2_000),
            (200, 8_000, 2_000),
        ] {
            let found = problems(Some(size), Some(iops), Some(throughput));
            assert_eq!(found, [], "{size} {iops} {throughput}");
        }
    }

    #[test]
    fn each_limit_is_told_with_the_way_out() {
        for (size, iops, throughput, text) in [
            (0, 3_000, 125, "size = 0 GiB: a gp3 volume has 1 to 65536 GiB"),
            (-5, 3_000, 125, "size = -5 GiB: a gp3 volume has 1 to 65536 GiB"),
            (65_537, 3_000, 125, "size = 65537 GiB: a gp3 volume has 1 to 65536 GiB"),
            (200, 2_999, 125, "iops = 2999: a gp3 volume has 3000 to 80000 IOPS"),
            (200, 80_001, 125, "iops = 80001: a gp3 volume has 3000 to 80000 IOPS"),
            (200, 3_000, 124, "throughput = 124 MiB/s: a gp3 volume has 125 to 2000 MiB/s"),
            (200, 9_000, 2_001, "throughput = 2001 MiB/s: a gp3 volume has 125 to 2000 MiB/s"),
            (
                6,
                3_001,
                125,
                "iops = 3001 is too much for size = 6 GiB: a gp3 volume has at most 500 IOPS for \
                 each GiB, or 3000 at any size; lower iops to 3000, or raise size to 7 GiB",
            ),
            (
                20,
                12_000,
                125,
                "iops = 12000 is too much for size = 20 GiB: a gp3 volume has at most 500 IOPS \
                 for each GiB, or 3000 at any size; lower iops to 10000, or raise size to 24 GiB",
            ),
            (
                200,
                3_000,
                751,
                "throughput = 751 MiB/s is too much for iops = 3000: a gp3 volume has at most \
                 0.25 MiB/s for each IOPS; lower throughput to 750, or raise iops to 3004",
            ),
        ] {
            let found: Vec<String> = problems(Some(size), Some(iops), Some(throughput))
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, [text]);
        }
    }

    #[test]
    fn the_ways_out_lead_out() {
        for (size, iops) in [(1, 3_001), (6, 3_001), (20, 12_000), (159, 80_000), (7, 3_501)] {
            assert!(check_iops_of_size(iops, size).is_err());
            assert_eq!(check_iops_of_size(highest_iops(size).unwrap(), size), Ok(()));
            assert_eq!(check_iops_of_size(iops, (iops + IOPS_PER_GIB - 1) / IOPS_PER_GIB), Ok(()));
        }
    }

    #[test]
    fn several_wrong_figures_are_told_at_once_and_unknown_ones_not_at_all() {
        assert_eq!(
            problems(Some(0), Some(1), Some(2)),
            [
                Gp3Problem::Size { size: 0 },
                Gp3Problem::Iops { iops: 1 },
                Gp3Problem::Throughput { throughput: 2 }
            ]
        );
        assert_eq!(problems(None, Some(80_000), Some(2_000)), []);
        assert_eq!(problems(Some(1), None, Some(2_000)), []);
    }

    #[test]
    fn the_highest_throughput_follows_the_iops() {
        for (size, iops, highest) in
            [(1, 3_000, 750), (200, 4_000, 1_000), (200, 8_000, 2_000), (200, 80_000, 2_000)]
        {
            assert_eq!(highest_throughput(size, iops), Ok(highest));
        }
        assert_eq!(
            highest_throughput(8, 5_000),
            Err(Gp3Problem::IopsOfSize { iops: 5_000, size: 8 })
        );
        assert_eq!(highest_iops(8), Ok(4_000));
        assert_eq!(highest_iops(65_536), Ok(80_000));
    }

    #[test]
    fn extreme_figures_do_not_overflow() {
        for figure in [i64::MIN, i64::MAX] {
            for problem in problems(Some(figure), Some(figure), Some(figure)) {
                assert!(problem.to_string().contains("gp3"));
            }
            assert!(check_iops_of_size(i64::MAX, figure).unwrap_err().to_string().contains("iops"));
            assert!(check_throughput_of_iops(i64::MAX, figure).is_err());
        }
    }
}
