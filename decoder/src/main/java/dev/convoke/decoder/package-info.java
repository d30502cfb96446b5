/**
 * The decoder: requests in, token streams out. One thread owns the batch, the key-value cache and the step loop; model
 * families sit in sub-packages and are found by the model type of the checkpoint.
 */
package dev.convoke.decoder;
