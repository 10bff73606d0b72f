#pragma once
// Minima of smooth functions of a few parameters, and how sharply the data pin them down.

#include <functional>
#include <vector>

namespace mho::device {

using Objective = std::function<double(const std::vector<double>&)>;

/// The minimum near `start` by the simplex method (Nelder and Mead, Comput. J. 7, 308 (1965)), started
/// again from where it ended until that gains nothing. `scale` is the size of the first simplex.
std::vector<double> minimum(const Objective& f, std::vector<double> start, double scale = 0.3);

/// Standard errors of parameters at the minimum of a negative log-likelihood: the square roots of the
/// diagonal of its inverse Hessian. Infinite where the data don't bound a parameter.
std::vector<double> standard_errors(const Objective& negative_log_likelihood, const std::vector<double>& at);

}  // namespace mho::device
