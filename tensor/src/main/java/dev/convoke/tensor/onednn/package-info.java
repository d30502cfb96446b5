/**
 * Products of many rows by oneDNN, the native library inside the Maven artifact {@code org.bytedeco:dnnl}, through the
 * Foreign Function and Memory API. Only what gives the canonical bits is used, and only after it has been seen to.
 */
package dev.convoke.tensor.onednn;
