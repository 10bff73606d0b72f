#include "mho/study/store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::study {

struct Store::State {
  std::string path;
  sqlite3* database = nullptr;
  ~State() { sqlite3_close(database); }
};

namespace {

constexpr std::int64_t kFormat = 2;  ///< PRAGMA user_version; mho 0.1 left it 0

/// One prepared statement with its parameters bound.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& path, const char* sql) : database_(database), path_(path) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) fail();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int index, const std::string& text) {
    sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int index, std::int64_t number) {
    sqlite3_bind_int64(statement_, index, number);
    return *this;
  }
  /// True where there is a row.
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
    return code == SQLITE_ROW;
  }
  std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return bytes ? std::string(bytes, sqlite3_column_bytes(statement_, column)) : std::string();
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  [[noreturn]] void fail() const {
    const int code = sqlite3_errcode(database_);
    const std::string message = fmt::format("{}: {}", path_, sqlite3_errmsg(database_));
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR) {
      throw core::InvalidInput(message + "; it is no store of trials");
    }
    throw core::SystemFailure(message);
  }
  sqlite3* database_;
  const std::string& path_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace

Store::Store(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = std::filesystem::is_directory(path) ? path + "/results.sqlite" : path;
  if (sqlite3_open(state_->path.c_str(), &state_->database) != SQLITE_OK) {
    throw core::SystemFailure(fmt::format("{}: {}", state_->path, sqlite3_errmsg(state_->database)));
  }
  sqlite3_busy_timeout(state_->database, 10'000);
  const auto run = [&](const std::string& sql) {
    Statement statement(state_->database, state_->path, sql.c_str());
    return statement.step() ? statement.number(0) : 0;
  };
  const auto format = run("PRAGMA user_version");
  if (format == kFormat) return;
  if (format != 0) {
    throw core::InvalidInput(
        fmt::format("{}: is a store of another version of mho (format {}, this one's is {})", state_->path,
                    format, kFormat));
  }
  run("BEGIN IMMEDIATE");  // many processes may make it at the same time
  if (run("PRAGMA user_version") == 0) {
    if (run("SELECT COUNT(*) FROM sqlite_master") > 0) {
      const bool old = run("SELECT COUNT(*) FROM sqlite_master WHERE name = 'records'") > 0;
      throw core::InvalidInput(
          old ? fmt::format("{}: is a store of mho 0.1, whose records don't say what images, labels and "
                            "weights they are of; remove it, or name another one",
                            state_->path)
              : fmt::format("{}: is a database, but no store of trials", state_->path));
    }
    run("CREATE TABLE records (point TEXT, kind TEXT, trial INTEGER, record TEXT,"
        " PRIMARY KEY (point, kind, trial))");
    run("CREATE TABLE points (point TEXT PRIMARY KEY, label TEXT, study TEXT)");
    run(fmt::format("PRAGMA user_version = {}", kFormat));
  }
  run("COMMIT");
}

Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
const std::string& Store::path() const { return state_->path; }

std::optional<nlohmann::json> Store::find(const std::string& point, const std::string& kind,
                                          std::uint32_t trial) const {
  Statement row(state_->database, state_->path,
                "SELECT record FROM records WHERE point = ? AND kind = ? AND trial = ?");
  if (!row.bind(1, point).bind(2, kind).bind(3, trial).step()) return std::nullopt;
  auto record = nlohmann::json::parse(row.text(0), nullptr, false);
  if (record.is_discarded()) {
    throw core::InvalidInput(fmt::format("{}: the record of {} trial {} is no JSON", path(), kind, trial));
  }
  return record;
}

void Store::keep(const std::string& point, const std::string& kind, std::uint32_t trial,
                 const nlohmann::json& record) {
  Statement(state_->database, state_->path, "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)")
      .bind(1, point)
      .bind(2, kind)
      .bind(3, trial)
      .bind(4, record.dump())
      .step();
}

void Store::describe(const std::string& point, const std::string& label, const nlohmann::json& study) {
  Statement(state_->database, state_->path, "INSERT OR REPLACE INTO points VALUES (?, ?, ?)")
      .bind(1, point)
      .bind(2, label)
      .bind(3, study.dump())
      .step();
}

std::size_t Store::count(const std::string& point) const {
  Statement row(state_->database, state_->path, "SELECT COUNT(*) FROM records WHERE point = ?");
  row.bind(1, point).step();
  return static_cast<std::size_t>(row.number(0));
}

}  // namespace mho::study
