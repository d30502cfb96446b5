package dev.convoke.core;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.SystemUtil;

/**
 * Amounts as operators write them. What cannot be read is a {@link ConfigurationException} that names the setting and
 * shows how to write it.
 */
public final class Quantity {
    private static final Pattern SHARE = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,9})?)(%?)");
    private static final String NUMBER = "(\\d{1,9}(?:\\.\\d{1,9})?)";
    private static final Pattern FACTOR = Pattern.compile(NUMBER + "x?");
    private static final String PREFIXES = "KMGTP";
    private static final double PREFIX_STEP = 1000;
    private static final double PER_CENT = 100;

    private Quantity() {
    }

    /** Nanoseconds of {@code 200us} or {@code 5ms}. */
    public static long durationNs(final String name, final String text) {
        try {
            return SystemUtil.parseDuration(name, text);
        } catch (final NumberFormatException e) {
            throw unreadable(name, text, "a whole number and its unit, for example 200us or 5ms", e);
        }
    }

    /** From 0 to 1: {@code 1%} or {@code 0.01}. */
    public static double share(final String name, final String text) {
        final Matcher matcher = SHARE.matcher(text);
        if (!matcher.matches()) {
            throw unreadable(name, text, "a share, for example 1% or 0.01", null);
        }
        final double share = Double.parseDouble(matcher.group(1)) / (matcher.group(2).isEmpty() ? 1 : PER_CENT);
        if (share > 1) {
            throw unreadable(name, text, "at most 100%", null);
        }
        return share;
    }

    /** So many of a unit, with a decimal prefix: {@code 10Gbit} of unit {@code bit}. */
    public static double of(final String name, final String text, final String unit) {
        final Matcher matcher = Pattern.compile(NUMBER + "([" + PREFIXES + "]?)" + unit).matcher(text);
        if (!matcher.matches()) {
            throw unreadable(name, text, "a number and its unit, for example 10G" + unit + " or 2.5M" + unit, null);
        }
        final int thousands = matcher.group(2).isEmpty() ? 0 : PREFIXES.indexOf(matcher.group(2)) + 1;
        return Double.parseDouble(matcher.group(1)) * Math.pow(PREFIX_STEP, thousands);
    }

    /** How many times: {@code 3}, {@code 2.5} or {@code 3x}. */
    public static double factor(final String name, final String text) {
        final Matcher matcher = FACTOR.matcher(text);
        if (!matcher.matches()) {
            throw unreadable(name, text, "how many times, for example 3 or 2.5", null);
        }
        return Double.parseDouble(matcher.group(1));
    }

    /** Bytes of {@code 8m}, from 1 to what an int holds. */
    public static int bytes(final String name, final String text) {
        final String form = "a size from 1 byte to 2047m, for example 8m";
        final long bytes;
        try {
            bytes = SystemUtil.parseSize(name, text);
        } catch (final NumberFormatException e) {
            throw unreadable(name, text, form, e);
        }
        if (bytes < 1 || bytes > Integer.MAX_VALUE) {
            throw unreadable(name, text, form, null);
        }
        return (int)bytes;
    }

    /** A whole number. */
    public static long whole(final String name, final String text) {
        try {
            return Long.parseLong(text);
        } catch (final NumberFormatException e) {
            throw unreadable(name, text, "a whole number", e);
        }
    }

    private static ConfigurationException unreadable(final String name, final String text, final String form,
        final Exception cause) {
        return new ConfigurationException(name + " is '" + text + "'; write " + form + ".", cause);
    }
}
