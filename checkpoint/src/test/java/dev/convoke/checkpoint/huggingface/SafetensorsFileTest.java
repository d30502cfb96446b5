package dev.convoke.checkpoint.huggingface;

import static dev.convoke.checkpoint.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
    @TempDir
    private Path directory;
    private final Arena arena = Arena.ofShared();
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("some.safetensors");
    }

    @AfterEach
    void unmap() {
        arena.close();
    }

    @Test
    void shouldReadElementsOfEveryComputableDtype() throws IOException {
        RawTensor.write(file, List.of(
            new RawTensor("single", "F32", new long[] {2, 2}, RawTensor.floats(1.5f, -0f, Float.MIN_VALUE, 3e38f)),
            new RawTensor("half", "F16", new long[] {4}, RawTensor.words(0x3C00, 0x0001, 0xFBFF, 0x7C00)),
            new RawTensor("brain", "BF16", new long[] {3, 1}, RawTensor.words(0x3F80, 0xC049, 0x0001))));
        final SafetensorsFile opened = open();
        assertEquals(Set.of("single", "half", "brain"), opened.names());
        assertValues(opened.tensor("single"), DType.F32, 1.5f, -0f, Float.MIN_VALUE, 3e38f);
        assertValues(opened.tensor("half"), DType.F16, 1f, 0x1p-24f, -65504f, Float.POSITIVE_INFINITY);
        assertValues(opened.tensor("brain"), DType.BF16, 1f, -3.140625f, Float.intBitsToFloat(0x0001_0000));
        assertArrayEquals(new long[] {2, 2}, opened.tensor("single").shape());
    }

    @Test
    void shouldReadScalarsAndEmptyTensors() throws IOException {
        RawTensor.write(file, List.of(
            new RawTensor("scalar", "F32", new long[0], RawTensor.floats(7)),
            new RawTensor("empty", "F32", new long[] {0, 5}, new byte[0]),
            new RawTensor("last", "F32", new long[] {1}, RawTensor.floats(8))));
        assertValues(open().tensor("scalar"), DType.F32, 7);
        assertValues(open().tensor("empty"), DType.F32);
        assertValues(open().tensor("last"), DType.F32, 8);
    }

    @Test
    void shouldReadFileWithoutTensors() throws IOException {
        RawTensor.write(file, List.of());
        assertEquals(Set.of(), open().names());
    }

    @Test
    void shouldAcceptTablesInAnyOrder() throws IOException {
        RawTensor.write(file, """
            {"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},
             "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", RawTensor.floats(1, 2));
        assertValues(open().tensor("a"), DType.F32, 1);
        assertValues(open().tensor("b"), DType.F32, 2);
    }

    @Test
    void shouldRefuseUnknownDtypeOnlyWhenAskedForThatTensor() throws IOException {
        RawTensor.write(file, List.of(
            new RawTensor("odd", "F4_SOMETHING", new long[] {3}, new byte[2]),
            new RawTensor("integers", "I32", new long[] {1}, new byte[4]),
            new RawTensor("plain", "F32", new long[] {1}, RawTensor.floats(5))));
        final SafetensorsFile opened = open();
        assertValues(opened.tensor("plain"), DType.F32, 5);
        assertEquals(4, opened.bytes("integers").byteSize());
        assertEquals("I32", opened.dtype("integers"));
        assertRefused(() -> opened.tensor("odd"), file.toString(), "'odd'", "F4_SOMETHING", "F32, F16 and BF16");
        assertRefused(() -> opened.tensor("integers"), "'integers'", "I32");
    }

    @Test
    void shouldNameMissingTensor() throws IOException {
        RawTensor.write(file, List.of());
        assertRefused(() -> open().tensor("model.norm.weight"), file.toString(), "model.norm.weight", "download");
    }

    @Test
    void shouldHandOutReadOnlyBytes() throws IOException {
        RawTensor.write(file, List.of(new RawTensor("a", "F32", new long[] {1}, RawTensor.floats(1))));
        final Tensor tensor = open().tensor("a");
        assertThrows(IllegalArgumentException.class, () -> tensor.segment().fill((byte)1));
    }

    @Test
    void shouldRefuseMissingFileAndDirectory() throws IOException {
        assertRefused(this::open, file.toString(), "There is no");
        Files.createDirectory(file);
        assertRefused(this::open, file.toString());
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "-1", "100000001", "9223372036854775807", "-9223372036854775808"})
    void shouldRefuseImpossibleHeaderLength(final long length) throws IOException {
        RawTensor.writeClaiming(file, length, "{}".getBytes(StandardCharsets.UTF_8), new byte[100]);
        assertRefused(this::open, file.toString(), Long.toUnsignedString(length), "impossible");
    }

    @Test
    void shouldRefuseHeaderLongerThanFile() throws IOException {
        RawTensor.writeClaiming(file, 103, "{}".getBytes(StandardCharsets.UTF_8), new byte[100]);
        assertRefused(this::open, file.toString(), "truncated", "103");
    }

    @Test
    void shouldRefuseFileShorterThanHeaderLength() throws IOException {
        Files.write(file, new byte[7]);
        assertRefused(this::open, file.toString(), "truncated");
    }

    @Test
    void shouldNameTensorThatTheFileEndsIn() throws IOException {
        RawTensor.write(file, List.of(
            new RawTensor("whole", "F32", new long[] {2}, RawTensor.floats(1, 2)),
            new RawTensor("torn", "F32", new long[] {2}, RawTensor.floats(3, 4))));
        final byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 3));
        assertRefused(this::open, file.toString(), "truncated", "'torn'", "3 bytes");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        overlaps         | "b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}
        overlaps         | "b":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}
        gap of 2         | "b":{"dtype":"F32","shape":[1],"data_offsets":[6,10]}
        truncated        | "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}
        belong to no     | "b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}
        before it begins | "b":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}
        needs 8 bytes    | "b":{"dtype":"F32","shape":[2],"data_offsets":[4,8]}
        needs 0 bytes    | "b":{"dtype":"F32","shape":[0],"data_offsets":[4,8]}
        impossible shape | "b":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[4,8]}
        negative         | "b":{"dtype":"F32","shape":[-1],"data_offsets":[4,8]}
        negative         | "b":{"dtype":"F32","shape":[1],"data_offsets":[-4,8]}
        wrong shape      | "b":{"dtype":"F32","shape":[1.0],"data_offsets":[4,8]}
        wrong shape      | "b":{"dtype":"F32","shape":null,"data_offsets":[4,8]}
        wrong dtype      | "b":{"dtype":5,"shape":[1],"data_offsets":[4,8]}
        does not have    | "b":{"shape":[1],"data_offsets":[4,8]}
        does not have    | "b":{"dtype":"F32","data_offsets":[4,8]}
        does not have    | "b":{"dtype":"F32","shape":[1],"data_offsets":[4]}
        more than 16     | "b":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4],"data_offsets":[4,8]}
        not valid JSON   | "b":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[4,8]}
        wrong entry      | "b":[]
        not valid JSON   | "b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]
        Duplicate        | "a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}
        not valid JSON   | "b":{"x":[[[[[[[[[[]]]]]]]]]],"dtype":"F32","shape":[1],"data_offsets":[4,8]}
        """, quoteCharacter = '\'')
    void shouldRefuseBrokenTable(final String problem, final String entry) throws IOException {
        RawTensor.write(file, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}," + entry + "}",
            new byte[8]);
        assertRefused(this::open, file.toString(), problem, "download it again");
    }

    @ParameterizedTest
    @CsvSource({"[]", "' {}'", "{} {}", "{}]", "null", "{\"a\"", "PK"})
    void shouldRefuseHeaderThatIsNoTable(final String header) throws IOException {
        RawTensor.write(file, header, new byte[0]);
        assertRefused(this::open, file.toString());
    }

    private SafetensorsFile open() {
        return SafetensorsFile.open(file, arena);
    }

    private static void assertValues(final Tensor tensor, final DType dtype, final float... expected) {
        assertEquals(dtype, tensor.dtype());
        assertEquals(expected.length, tensor.elements());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(tensor.at(i)), "element " + i);
        }
    }
}
