package dev.convoke.bench.exchange;

import dev.convoke.core.DType;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one exchange carries. Rows are spread evenly over the hosts' experts.
 *
 * @param hosts  that take part
 * @param rows   hidden rows sent out, all hosts together when {@code topK} is 1
 * @param hidden elements of a row
 * @param topK   experts of each row: result rows that come back for it
 * @param dtype  of the rows on the wire
 */
public record ExchangeShape(int hosts, int rows, int hidden, int topK, DType dtype) {
    /** Bytes of the hidden rows alone. */
    public long payloadBytes() {
        return (long)rows * hidden * dtype.bytes();
    }

    /** Logical experts of the one layer: enough for distinct choices, as many on each host. */
    public int experts() {
        return hosts * Math.max(2, topK);
    }

    /** For JSON. */
    Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("hosts", hosts);
        map.put("rows", rows);
        map.put("hidden", hidden);
        map.put("top_k", topK);
        map.put("dtype", DType.BF16 == dtype ? "bf16" : "f32");
        map.put("payload_bytes", payloadBytes());
        return map;
    }
}
