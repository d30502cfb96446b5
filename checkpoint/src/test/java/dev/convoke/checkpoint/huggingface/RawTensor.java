package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A tensor to be written to a safetensors file. */
record RawTensor(String name, String dtype, long[] shape, byte[] bytes) {
    /** Writes a well-formed file: tensors in the order given, the header padded to 8 bytes. */
    static void write(final Path path, final List<RawTensor> tensors) throws IOException {
        final ObjectNode header = ModelDirectory.MAPPER.createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
        final ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (final RawTensor tensor : tensors) {
            final ObjectNode entry = header.putObject(tensor.name);
            entry.put("dtype", tensor.dtype);
            final var shape = entry.putArray("shape");
            for (final long extent : tensor.shape) {
                shape.add(extent);
            }
            entry.putArray("data_offsets").add(data.size()).add(data.size() + tensor.bytes.length);
            data.write(tensor.bytes);
        }
        final String json = header.toString();
        write(path, json + " ".repeat(7 - (json.getBytes(StandardCharsets.UTF_8).length + 7) % 8), data.toByteArray());
    }

    /** Writes whatever header it is given before the data. */
    static void write(final Path path, final String header, final byte[] data) throws IOException {
        final byte[] json = header.getBytes(StandardCharsets.UTF_8);
        writeClaiming(path, json.length, json, data);
    }

    /** Writes a header whose length is claimed to be another. */
    static void writeClaiming(final Path path, final long headerBytes, final byte[] header, final byte[] data)
        throws IOException {
        final ByteBuffer file = ByteBuffer.allocate(Long.BYTES + header.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN);
        Files.write(path, file.putLong(headerBytes).put(header).put(data).array());
    }

    /** Little-endian f32 bytes. */
    static byte[] floats(final float... values) {
        final ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (final float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    /** Little-endian 16-bit words. */
    static byte[] words(final int... values) {
        final ByteBuffer bytes = ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (final int value : values) {
            bytes.putShort((short)value);
        }
        return bytes.array();
    }
}
