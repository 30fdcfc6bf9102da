#include "report/unpack.h"

#include <zip.h>
#include <zlib.h>

#include <array>
#include <memory>

namespace posthorn::report {
namespace {

constexpr int with_gzip_header = 16 + MAX_WBITS;

// What the output may grow to: an attachment of a few bytes may hold a small report, whatever its ratio.
std::size_t most_output(std::size_t packed, const Limits& limits) { return std::min(limits.unpacked, std::max<std::size_t>(64u << 10, packed * limits.ratio)); }

std::unexpected<Error> bomb(const Limits& limits) {
  return fail(Errc::too_big, "it unpacks to more than a report would: over " + std::to_string(limits.unpacked >> 20) + " MiB or " + std::to_string(limits.ratio) + " times its size");
}

// zlib's next_in is not const for history's sake; it is not written to.
Bytef* input_of(std::string_view bytes) { return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data())); }

Result<std::string> gunzip(std::string_view bytes, const Limits& limits) {
  z_stream stream{};
  if (inflateInit2(&stream, with_gzip_header) != Z_OK) return fail(Errc::io, "no memory to unpack it");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> close(&stream, inflateEnd);
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<Bytef, 32'768> piece{};
  for (;;) {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    const auto count = piece.size() - stream.avail_out;
    out.append(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
    if (out.size() > most_output(bytes.size(), limits)) return bomb(limits);
    if (status == Z_STREAM_END) return out;  // what may follow is not part of the file
    if (status != Z_OK || (count == 0 && stream.avail_in == 0)) return fail(Errc::invalid, "its gzip data are damaged or cut off");
  }
}

Result<std::string> unzip(std::string_view bytes, const Limits& limits) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) return fail(Errc::io, "no memory to unpack it");
  zip_t* opened = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (opened == nullptr) {
    zip_source_free(source);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fail(Errc::invalid, "its zip archive cannot be read: " + why);
  }
  const std::unique_ptr<zip_t, void (*)(zip_t*)> archive(opened, zip_discard);
  if (zip_get_num_entries(opened, 0) != 1) return fail(Errc::invalid, "its zip archive holds " + std::to_string(zip_get_num_entries(opened, 0)) + " files instead of one report");
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(opened, 0, 0), zip_fclose);
  if (!file) return fail(Errc::invalid, std::string("the file in its zip archive cannot be read: ") + zip_strerror(opened));
  std::string out;
  std::array<char, 32'768> piece{};
  for (;;) {
    const auto count = zip_fread(file.get(), piece.data(), piece.size());
    if (count < 0) return fail(Errc::invalid, "the file in its zip archive is damaged");
    if (count == 0) return out;
    out.append(piece.data(), static_cast<std::size_t>(count));
    if (out.size() > most_output(bytes.size(), limits)) return bomb(limits);
  }
}

}  // namespace

Packing packing_of(std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b")) return Packing::gzip;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return Packing::zip;
  return Packing::none;
}

Result<std::string> unpack(std::string_view bytes, const Limits& limits) {
  if (bytes.size() > limits.unpacked) return bomb(limits);
  switch (packing_of(bytes)) {
    case Packing::gzip: return gunzip(bytes, limits);
    case Packing::zip: return unzip(bytes, limits);
    case Packing::none: return std::string(bytes);
  }
  return std::string(bytes);
}

Result<std::string> gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, with_gzip_header, 8, Z_DEFAULT_STRATEGY) != Z_OK) return fail(Errc::io, "no memory to pack a report");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> close(&stream, deflateEnd);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return fail(Errc::io, "a report could not be packed");
  out.resize(out.size() - stream.avail_out);
  return out;
}

}  // namespace posthorn::report
