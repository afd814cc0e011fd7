// Formats: numpy's "NPY format" document; PKWARE's APPNOTE for zip (method 0, no zip64).
#include "tools/Npy.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
namespace le = llvm::support::endian;

namespace resnetc {

static Error fail(const Twine &text) { return createStringError(text); }

std::string shapeToString(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

// ---- Reading.

/// What follows `'key':` in the header, a Python dictionary in text form.
static StringRef valueOf(StringRef header, StringRef key) {
  StringRef rest = header.split(("'" + key + "'").str()).second.ltrim();
  return rest.consume_front(":") ? rest.ltrim() : StringRef();
}

static Expected<std::vector<int64_t>> parseShape(StringRef header) {
  StringRef text = valueOf(header, "shape");
  const size_t end = text.find(')');
  if (!text.consume_front("(") || end == StringRef::npos)
    return fail("the .npy header has no shape");
  std::vector<int64_t> shape;
  SmallVector<StringRef> parts;
  text.take_front(end - 1).split(parts, ',');
  for (StringRef part : parts) {
    part = part.trim();
    int64_t dim;
    if (part.empty()) // the comma after the last one
      continue;
    if (part.getAsInteger(10, dim) || dim < 0)
      return fail("the .npy header has a bad shape");
    shape.push_back(dim);
  }
  return shape;
}

static Expected<size_t> countElements(ArrayRef<int64_t> shape) {
  uint64_t count = 1;
  for (int64_t dim : shape) {
    bool overflow = false;
    count = SaturatingMultiply(count, uint64_t(dim), &overflow);
    if (overflow)
      return fail("the shape " + shapeToString(shape) + " is too large");
  }
  return count;
}

/// Splits the file into its header text and its data.
static Expected<std::pair<StringRef, StringRef>> splitFile(StringRef file) {
  if (!file.starts_with("\x93NUMPY") || file.size() < 12)
    return fail("this is not a .npy file");
  const unsigned major = uint8_t(file[6]);
  if (major < 1 || major > 3)
    return fail("version " + Twine(major) + " of the .npy format is unknown");
  const size_t start = major == 1 ? 10 : 12;
  const size_t length = major == 1 ? le::read16le(file.data() + 8) : le::read32le(file.data() + 8);
  if (length > file.size() - start)
    return fail("the .npy header ends early");
  return std::make_pair(file.substr(start, length), file.substr(start + length));
}

static std::vector<float> toFloat(StringRef type, const char *from, size_t count) {
  std::vector<float> data(count);
  for (size_t i = 0; i < count; ++i) {
    if (type == "<f4")
      data[i] = bit_cast<float>(le::read32le(from + 4 * i));
    else if (type == "<f8")
      data[i] = float(bit_cast<double>(le::read64le(from + 8 * i)));
    else
      data[i] = uint8_t(from[i]);
  }
  return data;
}

Expected<NpyArray> readNpy(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(path);
  if (!file)
    return fail(file.getError().message());
  auto split = splitFile((*file)->getBuffer());
  if (!split)
    return split.takeError();
  auto [header, bytes] = *split;
  const StringRef type = valueOf(header, "descr").ltrim('\'').split('\'').first;
  const size_t size = type == "<f4" ? 4 : type == "<f8" ? 8 : type == "|u1" ? 1 : 0;
  if (!size)
    return fail("its type '" + type + "' is not float32, float64 or uint8 in little-endian order");
  if (valueOf(header, "fortran_order").starts_with("True"))
    return fail("it is in Fortran order; save numpy.ascontiguousarray of it");
  auto shape = parseShape(header);
  if (!shape)
    return shape.takeError();
  auto count = countElements(*shape);
  if (!count)
    return count.takeError();
  if (bytes.size() / size != *count || bytes.size() % size)
    return fail("the shape " + shapeToString(*shape) + " does not fit its " + Twine(bytes.size()) + " bytes of data");
  return NpyArray{std::move(*shape), toFloat(type, bytes.data(), *count)};
}

// ---- Writing.

static std::string npyHeader(StringRef type, ArrayRef<int64_t> shape) {
  std::string text = "{'descr': '" + type.str() + "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : shape)
    text += std::to_string(dim) + ", ";
  text += "), }";
  text.append(63 - (10 + text.size()) % 64, ' '); // the data start at a multiple of 64
  text += '\n';
  const char length[] = {char(text.size() & 0xff), char(text.size() >> 8)};
  return std::string("\x93NUMPY\x01\x00", 8) + std::string(length, 2) + text;
}

namespace {
/// The fields that a local header and the central directory of a zip file have in common.
struct ZipEntry {
  std::string name;
  uint32_t crc, size, offset;

  void writeCommon(raw_ostream &os) const {
    support::endian::Writer out(os, endianness::little);
    out.write<uint16_t>(20);     // version needed
    out.write<uint16_t>(1 << 11); // names are UTF-8
    out.write<uint16_t>(0);      // stored
    out.write<uint16_t>(0);      // time and date: 1980-01-01, for equal bytes
    out.write<uint16_t>(1 << 5 | 1);
    out.write<uint32_t>(crc);
    out.write<uint32_t>(size);
    out.write<uint32_t>(size);
    out.write<uint16_t>(name.size());
    out.write<uint16_t>(0); // extra field
  }
};
} // namespace

static void writeDirectory(raw_ostream &os, ArrayRef<ZipEntry> entries) {
  const uint32_t start = os.tell();
  support::endian::Writer out(os, endianness::little);
  for (const ZipEntry &entry : entries) {
    os << StringRef("PK\1\2", 4);
    out.write<uint16_t>(20); // made by
    entry.writeCommon(os);
    out.write<uint16_t>(0); // comment
    out.write<uint16_t>(0); // disk
    out.write<uint16_t>(0); // attributes
    out.write<uint32_t>(0);
    out.write<uint32_t>(entry.offset);
    os << entry.name;
  }
  const uint32_t size = os.tell() - start;
  os << StringRef("PK\5\6\0\0\0\0", 8);
  out.write<uint16_t>(entries.size());
  out.write<uint16_t>(entries.size());
  out.write<uint32_t>(size);
  out.write<uint32_t>(start);
  out.write<uint16_t>(0); // comment
}

static void writeArchive(raw_ostream &os, ArrayRef<NpzMember> members) {
  std::vector<ZipEntry> entries;
  for (const NpzMember &member : members) {
    const std::string header = npyHeader(member.type, member.shape);
    const StringRef data = member.bytes;
    const uint32_t crc = crc32(crc32(arrayRefFromStringRef(header)), arrayRefFromStringRef(data));
    entries.push_back({member.name + ".npy", crc, uint32_t(header.size() + data.size()), uint32_t(os.tell())});
    os << StringRef("PK\3\4", 4);
    entries.back().writeCommon(os);
    os << entries.back().name << header << data;
  }
  writeDirectory(os, entries);
}

Error writeNpz(StringRef path, ArrayRef<NpzMember> members) {
  uint64_t total = 0;
  for (const NpzMember &member : members)
    total += member.bytes.size() + 1024;
  if (total > UINT32_MAX || members.size() > UINT16_MAX)
    return fail("the outputs do not fit into a zip archive of 4 GiB");
  Expected<sys::fs::TempFile> temp = sys::fs::TempFile::create(path + ".%%%%%%.tmp");
  if (!temp)
    return temp.takeError();
  raw_fd_ostream os(temp->FD, /*shouldClose=*/false);
  writeArchive(os, members);
  os.flush();
  if (const std::error_code code = os.error()) {
    os.clear_error();
    return joinErrors(errorCodeToError(code), temp->discard());
  }
  return temp->keep(path);
}

} // namespace resnetc
