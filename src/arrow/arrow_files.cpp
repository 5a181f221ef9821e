#include "table/internal/columnar_files.hpp"

#include <coax/arrow/arrow_files.hpp>
#include <coax/table/arrow_stream.hpp>

#include <arrow/c/bridge.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/util/compression.h>
#include <cstdint>
#include <memory>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <string>
#include <string_view>
#include <utility>

/// Parquet and Arrow files by Apache Arrow's library, on both sides of its C stream interface.
namespace coax::arrow::detail {
namespace {

using table::detail::output_file;
using batch_reader = std::shared_ptr<::arrow::RecordBatchReader>;

/// Rows of Parquet that are decoded at once.
constexpr std::int64_t rows_per_batch = 8'192;

error failed(std::string path, ::arrow::Status const& why) {
    return {.code = errc::io_failed, .message = why.message(), .where = std::move(path)};
}

// --- reading ---

/// A reader of record batches that keeps the reader of its file.
class parquet_batches final : public ::arrow::RecordBatchReader {
public:
    parquet_batches(std::unique_ptr<parquet::arrow::FileReader> file, batch_reader batches)
        : file_{std::move(file)}, batches_{std::move(batches)} {}
    std::shared_ptr<::arrow::Schema> schema() const override { return batches_->schema(); }
    ::arrow::Status ReadNext(std::shared_ptr<::arrow::RecordBatch>* batch) override {
        return batches_->ReadNext(batch);
    }

private:
    std::unique_ptr<parquet::arrow::FileReader> file_;
    batch_reader batches_;
};

/// The batches of an Arrow file, in their order.
class file_batches final : public ::arrow::RecordBatchReader {
public:
    explicit file_batches(std::shared_ptr<::arrow::ipc::RecordBatchFileReader> file) : file_{std::move(file)} {}
    std::shared_ptr<::arrow::Schema> schema() const override { return file_->schema(); }
    ::arrow::Status ReadNext(std::shared_ptr<::arrow::RecordBatch>* batch) override {
        batch->reset();
        if (next_ == file_->num_record_batches()) return ::arrow::Status::OK();
        return file_->ReadRecordBatch(next_++).Value(batch);
    }

private:
    std::shared_ptr<::arrow::ipc::RecordBatchFileReader> file_;
    int next_{0};
};

::arrow::Result<batch_reader> open_parquet(std::shared_ptr<::arrow::io::RandomAccessFile> file) {
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(rows_per_batch);
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.Open(std::move(file)));
    builder.properties(properties);
    ARROW_ASSIGN_OR_RAISE(auto opened, builder.Build());
    ARROW_ASSIGN_OR_RAISE(auto batches, opened->GetRecordBatchReader());
    return std::make_shared<parquet_batches>(std::move(opened), std::move(batches));
}

::arrow::Result<batch_reader> open_ipc(std::shared_ptr<::arrow::io::RandomAccessFile> file) {
    constexpr std::string_view mark = "ARROW1";
    ARROW_ASSIGN_OR_RAISE(auto const head, file->ReadAt(0, static_cast<std::int64_t>(mark.size())));
    if (std::string_view{*head} == mark) {
        ARROW_ASSIGN_OR_RAISE(auto opened, ::arrow::ipc::RecordBatchFileReader::Open(std::move(file)));
        return std::make_shared<file_batches>(std::move(opened));
    }
    ARROW_RETURN_NOT_OK(file->Seek(0));
    ARROW_ASSIGN_OR_RAISE(auto opened, ::arrow::ipc::RecordBatchStreamReader::Open(std::move(file)));
    return opened;
}

::arrow::Result<ArrowArrayStream> open_stream(table_format format, std::string const& path) {
    ARROW_ASSIGN_OR_RAISE(auto file, ::arrow::io::ReadableFile::Open(path));
    ARROW_ASSIGN_OR_RAISE(auto reader,
                          format == table_format::parquet ? open_parquet(std::move(file)) : open_ipc(std::move(file)));
    ArrowArrayStream stream{};
    ARROW_RETURN_NOT_OK(::arrow::ExportRecordBatchReader(std::move(reader), &stream));
    return stream;
}

result<std::unique_ptr<table_source>> read(table_format format, std::string const& path, std::string name) {
    auto stream = open_stream(format, path);
    if (!stream.ok()) return failed(std::move(name), stream.status());
    return read_arrow(*stream, std::move(name));
}

// --- writing ---

/// The file that is written, as Arrow wants it.
class sink final : public ::arrow::io::OutputStream {
public:
    explicit sink(output_file& file) : file_{file} { set_mode(::arrow::io::FileMode::WRITE); }

    ::arrow::Status Write(void const* data, std::int64_t bytes) override {
        auto const written = file_.write({static_cast<char const*>(data), static_cast<std::size_t>(bytes)});
        if (!written) return ::arrow::Status::IOError(written.error().message);
        at_ += bytes;
        return ::arrow::Status::OK();
    }
    using OutputStream::Write;
    ::arrow::Result<std::int64_t> Tell() const override { return at_; }
    ::arrow::Status Close() override {
        closed_ = true;
        return ::arrow::Status::OK();
    }
    bool closed() const override { return closed_; }

private:
    output_file& file_;
    std::int64_t at_{0};
    bool closed_{false};
};

template <class Writer>
::arrow::Status copy(::arrow::RecordBatchReader& reader, Writer& writer) {
    for (;;) {
        std::shared_ptr<::arrow::RecordBatch> batch;
        ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
        if (!batch) return writer.Close();
        ARROW_RETURN_NOT_OK(writer.WriteRecordBatch(*batch));
    }
}

::arrow::Status write_parquet(::arrow::RecordBatchReader& reader, std::shared_ptr<sink> to) {
    auto const codec = ::arrow::util::Codec::IsAvailable(::arrow::Compression::SNAPPY)
                           ? ::arrow::Compression::SNAPPY
                           : ::arrow::Compression::UNCOMPRESSED;
    auto const properties = parquet::WriterProperties::Builder{}.compression(codec)->build();
    auto const kept = parquet::ArrowWriterProperties::Builder{}.store_schema()->build();
    ARROW_ASSIGN_OR_RAISE(
        auto writer, parquet::arrow::FileWriter::Open(*reader.schema(), ::arrow::default_memory_pool(), std::move(to),
                                                      properties, kept));
    return copy(reader, *writer);
}

::arrow::Status write_ipc(table_format format, ::arrow::RecordBatchReader& reader, std::shared_ptr<sink> to) {
    ARROW_ASSIGN_OR_RAISE(auto writer, format == table_format::arrow
                                           ? ::arrow::ipc::MakeFileWriter(std::move(to), reader.schema())
                                           : ::arrow::ipc::MakeStreamWriter(std::move(to), reader.schema()));
    return copy(reader, *writer);
}

result<void> write(table_format format, std::unique_ptr<table_source> rows, output_file& file) {
    ArrowArrayStream stream{};
    if (auto made = write_arrow(std::move(rows), stream); !made) return made;
    auto const reader = ::arrow::ImportRecordBatchReader(&stream);
    if (!reader.ok()) return failed({}, reader.status());
    auto to = std::make_shared<sink>(file);
    auto const written = format == table_format::parquet ? write_parquet(**reader, std::move(to))
                                                         : write_ipc(format, **reader, std::move(to));
    if (!written.ok()) return failed({}, written);
    return {};
}

constexpr table::detail::columnar_files files{&read, &write};

}  // namespace
}  // namespace coax::arrow::detail

namespace coax {

void use_arrow_files() noexcept { table::detail::set_columnar_files(arrow::detail::files); }

}  // namespace coax
