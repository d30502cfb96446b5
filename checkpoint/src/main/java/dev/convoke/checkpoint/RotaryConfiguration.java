package dev.convoke.checkpoint;

/**
 * Rotary embedding settings.
 *
 * @param type   {@code default} or {@code linear}
 * @param theta  base of the frequencies
 * @param factor positions are divided by it where the type is {@code linear}, else 1
 */
public record RotaryConfiguration(String type, double theta, double factor) {
}
