package dev.convoke.transport;

import dev.convoke.core.DType;
import dev.convoke.transport.codec.IdentityDecoder;
import dev.convoke.transport.codec.IdentityEncoder;
import dev.convoke.transport.codec.OperandType;

/**
 * What a frame belongs to, as a reusable value: read from a frame that passed {@link FrameCheck}, or filled in and
 * written; an answer repeats the identity of what it answers. Initially, and after {@link #clear()}, it names nothing
 * and is part 0 of 1. Owned by one thread.
 */
public final class FrameIdentity {
    private long modelFingerprint;
    private long decoderId;
    private long incarnation;
    private long exchangeId;
    private int numericsId;
    private int attempt;
    private int part;
    private int parts = 1;
    private int layer;
    private OperandType operandType = OperandType.F32;

    /** Forgets what was read or set. */
    public FrameIdentity clear() {
        modelFingerprint = 0;
        decoderId = 0;
        incarnation = 0;
        exchangeId = 0;
        numericsId = 0;
        attempt = 0;
        part = 0;
        parts = 1;
        layer = 0;
        operandType = OperandType.F32;
        return this;
    }

    /** Takes over all fields of a checked frame. */
    public FrameIdentity readFrom(final IdentityDecoder decoder) {
        modelFingerprint = decoder.modelFingerprint();
        decoderId = decoder.decoderId();
        incarnation = decoder.incarnation();
        exchangeId = decoder.exchangeId();
        numericsId = decoder.numericsId();
        attempt = decoder.attempt();
        part = decoder.part();
        parts = decoder.parts();
        layer = decoder.layer();
        operandType = decoder.operandType();
        return this;
    }

    /** Writes all fields. */
    public void writeTo(final IdentityEncoder encoder) {
        encoder.modelFingerprint(modelFingerprint)
            .decoderId(decoderId)
            .incarnation(incarnation)
            .exchangeId(exchangeId)
            .numericsId(numericsId)
            .attempt(attempt)
            .part(part)
            .parts(parts)
            .layer(layer)
            .operandType(operandType);
    }

    /** Takes over all fields of another. */
    public FrameIdentity copyFrom(final FrameIdentity other) {
        modelFingerprint = other.modelFingerprint;
        decoderId = other.decoderId;
        incarnation = other.incarnation;
        exchangeId = other.exchangeId;
        numericsId = other.numericsId;
        attempt = other.attempt;
        part = other.part;
        parts = other.parts;
        layer = other.layer;
        operandType = other.operandType;
        return this;
    }

    /** Equal on both sides or refused. */
    public long modelFingerprint() {
        return modelFingerprint;
    }

    /** Equal on both sides or refused. */
    public FrameIdentity modelFingerprint(final long fingerprint) {
        modelFingerprint = fingerprint;
        return this;
    }

    /** Random, chosen when the decoder starts. */
    public long decoderId() {
        return decoderId;
    }

    /** Random, chosen when the decoder starts. */
    public FrameIdentity decoderId(final long id) {
        decoderId = id;
        return this;
    }

    /** Rises with every start of the same decoder. */
    public long incarnation() {
        return incarnation;
    }

    /** Rises with every start of the same decoder. */
    public FrameIdentity incarnation(final long number) {
        incarnation = number;
        return this;
    }

    /** One for each layer of each step, rising. */
    public long exchangeId() {
        return exchangeId;
    }

    /** One for each layer of each step, rising. */
    public FrameIdentity exchangeId(final long id) {
        exchangeId = id;
        return this;
    }

    /** The set of bits that the host computes; one that computes another refuses. */
    public int numericsId() {
        return numericsId;
    }

    /** The set of bits that the host computes; one that computes another refuses. */
    public FrameIdentity numericsId(final int id) {
        numericsId = id;
        return this;
    }

    /** 0, then one more with each resend; at most 65534. */
    public int attempt() {
        return attempt;
    }

    /** 0, then one more with each resend; at most 65534. */
    public FrameIdentity attempt(final int number) {
        attempt = number;
        return this;
    }

    /** This frame's number among the parts, from 0. */
    public int part() {
        return part;
    }

    /** Frames that make up this attempt, at least 1. */
    public int parts() {
        return parts;
    }

    /** Which of how many frames this is; {@code 0 <= number < of <= 65534}. */
    public FrameIdentity part(final int number, final int of) {
        part = number;
        parts = of;
        return this;
    }

    /** Decoder layer from 0. */
    public int layer() {
        return layer;
    }

    /** Decoder layer from 0. */
    public FrameIdentity layer(final int number) {
        layer = number;
        return this;
    }

    /** Element type of rows, as on the wire. */
    public OperandType operandType() {
        return operandType;
    }

    /** Element type of rows, as on the wire. */
    public FrameIdentity operandType(final OperandType type) {
        operandType = type;
        return this;
    }

    /** Element type of rows. */
    public DType dtype() {
        return operandType == OperandType.F32 ? DType.F32 : DType.BF16;
    }

    /** Element type of rows; F32 or BF16. */
    public FrameIdentity dtype(final DType dtype) {
        operandType = switch (dtype) {
            case F32 -> OperandType.F32;
            case BF16 -> OperandType.BF16;
            default -> throw new IllegalArgumentException("rows travel as F32 or BF16, not " + dtype);
        };
        return this;
    }

    @Override
    public String toString() {
        return "decoder " + Long.toHexString(decoderId) + "/" + incarnation + " exchange " + exchangeId + " attempt "
            + attempt + " part " + part + "/" + parts + " layer " + layer + " " + operandType;
    }
}
