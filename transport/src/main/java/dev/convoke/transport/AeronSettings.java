package dev.convoke.transport;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import dev.convoke.transport.AeronContext.DriverMode;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings of an {@link AeronContext} by the names that its errors use, as operators write them: sizes in bytes,
 * durations with their unit, for example {@code mtu-bytes=8192}, {@code driver-park=250us} or {@code driver=external}.
 */
public final class AeronSettings {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ns|us|ms|s)");
    private static final Map<String, BiConsumer<AeronContext, String>> BY_NAME = new TreeMap<>(Map.ofEntries(
        Map.entry("driver", (aeron, value) -> aeron.driverMode(driverMode(value))),
        Map.entry("directory", AeronContext::directory),
        Map.entry("mtu-bytes", (aeron, value) -> aeron.mtuBytes(number("mtu-bytes", value))),
        Map.entry("term-bytes", (aeron, value) -> aeron.termBytes(number("term-bytes", value))),
        Map.entry("socket-buffer-bytes",
            (aeron, value) -> aeron.socketBufferBytes(number("socket-buffer-bytes", value))),
        Map.entry("receiver-window-bytes",
            (aeron, value) -> aeron.receiverWindowBytes(number("receiver-window-bytes", value))),
        Map.entry("max-sessions", (aeron, value) -> aeron.maxSessions(number("max-sessions", value))),
        Map.entry("image-liveness", (aeron, value) -> aeron.imageLivenessNs(duration("image-liveness", value))),
        Map.entry("connection-timeout",
            (aeron, value) -> aeron.connectionTimeoutNs(duration("connection-timeout", value))),
        Map.entry("client-liveness", (aeron, value) -> aeron.clientLivenessNs(duration("client-liveness", value))),
        Map.entry("driver-timeout", (aeron, value) -> aeron.driverTimeoutNs(duration("driver-timeout", value))),
        Map.entry("reconnect-interval",
            (aeron, value) -> aeron.reconnectIntervalNs(duration("reconnect-interval", value))),
        Map.entry("driver-active-window",
            (aeron, value) -> aeron.driverActiveWindowNs(duration("driver-active-window", value))),
        Map.entry("driver-park", (aeron, value) -> aeron.driverParkNs(duration("driver-park", value))),
        Map.entry("driver-idle-park", (aeron, value) -> aeron.driverIdleParkNs(duration("driver-idle-park", value)))));

    private AeronSettings() {
    }

    /** All names, sorted. */
    public static Set<String> names() {
        return Collections.unmodifiableSet(BY_NAME.keySet());
    }

    /**
     * Sets one of them; whether all agree is checked when the context is concluded.
     *
     * @throws ConfigurationException if there is no such setting or its value cannot be read
     */
    public static void set(final AeronContext aeron, final String name, final String value) {
        final BiConsumer<AeronContext, String> setting = BY_NAME.get(name);
        if (setting == null) {
            throw new ConfigurationException("aeron." + name + " is no setting; choose from "
                + String.join(", ", BY_NAME.keySet()) + NearestName.hint(name, BY_NAME.keySet()) + ".");
        }
        setting.accept(aeron, value.strip());
    }

    private static DriverMode driverMode(final String value) {
        for (final DriverMode mode : DriverMode.values()) {
            if (mode.name().toLowerCase(Locale.ROOT).equals(value)) {
                return mode;
            }
        }
        throw new ConfigurationException("aeron.driver is '" + value + "'; choose auto, embedded or external.");
    }

    private static int number(final String name, final String value) {
        try {
            return Integer.parseInt(value);
        } catch (final NumberFormatException e) {
            throw new ConfigurationException("aeron." + name + " is '" + value + "'; write a whole number.", e);
        }
    }

    private static long duration(final String name, final String value) {
        final Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw new ConfigurationException("aeron." + name + " is '" + value
                + "'; write a whole number and its unit, for example 250us, 4ms or 3s.");
        }
        final long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> TimeUnit.SECONDS.toNanos(count);
            case "ms" -> TimeUnit.MILLISECONDS.toNanos(count);
            case "us" -> TimeUnit.MICROSECONDS.toNanos(count);
            default -> count;
        };
    }
}
