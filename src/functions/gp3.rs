//! `gp3_throughput` and `gp3_valid`: what a gp3 volume can be, before one is asked for.

use super::object;
use crate::framework::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::framework::schema::Type;
use crate::framework::value::Dynamic;
use crate::platform::gp3::{self, Gp3Problem};

fn size() -> Parameter {
    Parameter::number("size").describe("Size of the volume in GiB.")
}

fn iops() -> Parameter {
    Parameter::number("iops").describe("IOPS of the volume.")
}

/// `gp3_throughput(size, iops)`.
#[derive(Debug)]
pub struct Gp3Throughput;

impl Function for Gp3Throughput {
    fn name(&self) -> &'static str {
        "gp3_throughput"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "The highest throughput of a gp3 volume of a size with some IOPS.",
            description: "The highest throughput that a gp3 volume of this size can have with \
                          these IOPS: 0.25 MiB/s for each IOPS, at most 2,000 MiB/s. A size or \
                          IOPS that no gp3 volume has, or more IOPS than the size allows (500 for \
                          each GiB, or 3,000 at any size), are an error.",
            parameters: vec![size(), iops()],
            variadic: None,
            returns: Type::Number,
            returned: "MiB/s.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let size: i64 = arguments.take()?;
        let iops: i64 = arguments.take()?;
        gp3::highest_throughput(size, iops).map(Dynamic::from).map_err(|problem| {
            let argument = match problem {
                Gp3Problem::Size { .. } => 0,
                _ => 1,
            };
            FunctionError::of(argument, problem.to_string())
        })
    }
}

/// `gp3_valid(size, iops, throughput)`.
#[derive(Debug)]
pub struct Gp3Valid;

impl Function for Gp3Valid {
    fn name(&self) -> &'static str {
        "gp3_valid"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Whether a gp3 volume can have these figures, and why not.",
            description: "Whether EBS makes a gp3 volume of this size with these IOPS and this \
                          throughput, and each reason why it does not, with the nearest way out. \
                          Made for the `condition` and the `error_message` of a variable's \
                          `validation`.",
            parameters: vec![
                size(),
                iops(),
                Parameter::number("throughput").describe("Throughput of the volume in MiB/s."),
            ],
            variadic: None,
            returns: Type::object([("reasons", Type::list(Type::String)), ("valid", Type::Bool)]),
            returned: "`valid`, and `reasons`, which is empty for a valid volume.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let size: i64 = arguments.take()?;
        let iops: i64 = arguments.take()?;
        let throughput: i64 = arguments.take()?;
        let problems = gp3::problems(Some(size), Some(iops), Some(throughput));
        let reasons = problems.iter().map(|problem| Dynamic::String(problem.to_string()));
        Ok(object([
            ("valid", Dynamic::from(problems.is_empty())),
            ("reasons", Dynamic::List(reasons.collect())),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::function::testing::call;

    fn numbers(numbers: &[i64]) -> Vec<Dynamic> {
        numbers.iter().map(|number| Dynamic::from(*number)).collect()
    }

    #[test]
    fn the_highest_throughput_follows_the_iops() {
        for (size, iops, highest) in [(1, 3_000, 750), (200, 4_000, 1_000), (200, 16_000, 2_000)] {
            assert_eq!(call(&Gp3Throughput, numbers(&[size, iops])), Ok(Dynamic::from(highest)));
        }
    }

    #[test]
    fn figures_of_no_volume_are_refused_by_their_place() {
        for (size, iops, argument, text) in [
            (0, 3_000, 0, "size = 0 GiB: a gp3 volume has 1 to 65536 GiB"),
            (200, 100, 1, "iops = 100: a gp3 volume has 3000 to 80000 IOPS"),
            (8, 5_000, 1, "iops = 5000 is too much for size = 8 GiB"),
        ] {
            let refused = call(&Gp3Throughput, numbers(&[size, iops])).unwrap_err();
            assert_eq!(refused.argument, Some(argument));
            assert!(refused.text.starts_with(text), "{}", refused.text);
        }
    }

    #[test]
    fn a_volume_is_judged_with_every_reason() {
        let fine = call(&Gp3Valid, numbers(&[200, 3_000, 125])).unwrap();
        assert_eq!(fine, object([("valid", true.into()), ("reasons", Dynamic::List(vec![]))]));
        let wrong = call(&Gp3Valid, numbers(&[8, 5_000, 1_500])).unwrap();
        assert_eq!(wrong.get("valid"), &Dynamic::from(false));
        let Dynamic::List(reasons) = wrong.get("reasons") else { panic!("no reasons") };
        assert_eq!(reasons.len(), 2, "{reasons:?}");
    }
}
