#pragma once
// The loops of curves and of decay, vectorized for every SIMD target.

#include <cstddef>

namespace mho::device {

/// y = sum c[k]·x^k in double, `count` coefficients.
void evaluate_polynomial(const double* c, std::size_t count, const float* x, float* y, std::size_t n);
/// y = height·(1 - exp(-x/scale)), right to the last bits near x = 0 too.
void evaluate_saturating(double height, double scale, const float* x, float* y, std::size_t n);
/// y = c·x^exponent, x > 0.
void evaluate_power(double c, double exponent, const float* x, float* y, std::size_t n);
/// y = slope·ln(x) + offset, x > 0.
void evaluate_logarithm(double slope, double offset, const float* x, float* y, std::size_t n);
/// Straight lines through the `count` points (p[2k], p[2k+1]), the end ones continued.
void evaluate_points(const double* p, std::size_t count, const float* x, float* y, std::size_t n);

/// g ← g·exp(-|nu + spread·normal|·log_ratio).
void decay_by_power(float* g, const float* nu, const float* spread, const float* normal, float log_ratio,
                    std::size_t n);

/// A transistor's threshold relaxes: u ← neutral + (u - neutral)·keep - spread·normal, where
/// g = specific·ln²(1 + e^u). g ≥ 0.
void relax_threshold(float* g, const float* normal, float specific, float neutral, float keep, float spread,
                     std::size_t n);

}  // namespace mho::device
