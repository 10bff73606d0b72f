#include "mho/study/store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::study {

struct Store::State {
  std::string path;
  sqlite3* database = nullptr;
  ~State() { sqlite3_close(database); }
};

namespace {

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

void Fingerprint::feed(std::string_view bytes) {
  for (const char c : bytes) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash_ = (hash_ ^ 0xff) * 0x100000001b3;
}

std::string Fingerprint::text() const { return fmt::format("{:016x}", hash_); }

Store::Store(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  if (sqlite3_open(path.c_str(), &state_->database) != SQLITE_OK) {
    throw core::SystemFailure(fmt::format("{}: {}", path, sqlite3_errmsg(state_->database)));
  }
  sqlite3_busy_timeout(state_->database, 10'000);
  for (const char* sql :
       {"CREATE TABLE IF NOT EXISTS records (point TEXT, kind TEXT, trial INTEGER, record TEXT,"
        " PRIMARY KEY (point, kind, trial))",
        "CREATE TABLE IF NOT EXISTS points (point TEXT PRIMARY KEY, label TEXT, study TEXT)"}) {
    Statement(state_->database, path, sql).step();
  }
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
