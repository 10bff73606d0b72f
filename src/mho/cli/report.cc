// mho report: one page for one or many results.

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mho/cli/verbs.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/report/page.h"
#include "mho/study/document.h"

namespace mho::cli {

void add_report(CLI::App& app, Common&) {
  struct Arguments {
    std::vector<std::string> results;
    std::string output = "report.html";
    std::string figures;
    std::string title;
  };
  auto* verb = app.add_subcommand("report", "a page with pictures and tables from results (JSON)");
  auto arguments = std::make_shared<Arguments>();
  verb->add_option("results", arguments->results, "files that --json wrote; several are compared")
      ->required();
  verb->add_option("-o,--output", arguments->output, "the page, self-contained HTML")->capture_default_str();
  verb->add_option("--figures", arguments->figures, "folder: also write every picture as an SVG file");
  verb->add_option("--title", arguments->title, "heading of the page");
  verb->callback([arguments] {
    std::vector<report::NamedDocument> documents;
    for (const auto& file : arguments->results) documents.push_back({file, study::read_document(file)});
    core::write_file(arguments->output, report::html_page(documents, arguments->title));
    fmt::print("report: {}\n", arguments->output);
    if (arguments->figures.empty()) return;
    std::error_code failed;
    std::filesystem::create_directories(arguments->figures, failed);
    if (failed) throw core::SystemFailure(arguments->figures + ": " + failed.message());
    for (const auto& [name, svg] : report::pictures(documents)) {
      const auto path = (std::filesystem::path(arguments->figures) / (name + ".svg")).string();
      core::write_file(path, svg.file());
      fmt::print("picture: {}\n", path);
    }
  });
}

}  // namespace mho::cli
