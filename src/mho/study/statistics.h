#pragma once
// What a number of repeated trials says about the quantity behind them.

#include <span>
#include <vector>

namespace mho::study {

/// Mean and spread over trials (chips). `std` is the sample's standard deviation (n-1); the interval is
/// the 95% confidence interval of the mean, mean ± t(0.975, n-1)·std/sqrt(n) (Student 1908,
/// doi 10.1093/biomet/6.1.1). With a single trial both are NaN: one chip says nothing about the others.
struct Estimate {
  double mean = 0;
  double std = 0;
  double ci_lo = 0;
  double ci_hi = 0;
  std::vector<double> trials;
};

/// Throws InvalidInput where there is no trial.
Estimate estimate(std::span<const double> trials);

/// An estimate whose trials are known to be all the same: no spread, an interval of no width.
Estimate certain(double value, std::size_t trials);

/// x such that P(T < x) = probability, T following Student's t with `degrees` > 0 degrees of freedom.
/// 0 < probability < 1. Relative error below 1e-9.
double student_t_quantile(double probability, double degrees);

}  // namespace mho::study
