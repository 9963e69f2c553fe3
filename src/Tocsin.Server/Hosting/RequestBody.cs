using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Hosting;

/// <summary>Why a body could not be taken, with the status that says so.</summary>
internal sealed record BodyRefusal(int Status, string Detail);

/// <summary>Reads a request's body whole, decompressed, within a limit that is counted while reading.</summary>
internal static class RequestBody
{
    public static async Task<(ReadOnlyMemory<byte> Body, BodyRefusal? Refusal)> ReadAsync(HttpRequest request, int limit, CancellationToken ct)
    {
        if (request.ContentLength > limit)
        {
            return (default, TooLarge(limit));
        }

        var encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        Stream? decoder = encoding switch
        {
            "" or "identity" => request.Body,
            "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
            "br" => new BrotliStream(request.Body, CompressionMode.Decompress),
            "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress),
            _ => null,
        };
        if (decoder is null)
        {
            return (default, new(StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding '{encoding}' is not known; send gzip, br, deflate or none."));
        }

        try
        {
            return await ReadAsync(decoder, (int)(request.ContentLength ?? 4096), limit, ct);
        }
        catch (InvalidDataException)
        {
            return (default, new(StatusCodes.Status400BadRequest, $"The body is not {encoding}, although Content-Encoding says so."));
        }
        catch (BadHttpRequestException e)
        {
            return (default, new(e.StatusCode, e.Message));
        }
        finally
        {
            if (decoder != request.Body)
            {
                await decoder.DisposeAsync();
            }
        }
    }

    private static async Task<(ReadOnlyMemory<byte> Body, BodyRefusal? Refusal)> ReadAsync(Stream stream, int expected, int limit, CancellationToken ct)
    {
        var buffer = new byte[Math.Clamp(expected, 256, limit) + 1];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), ct);
            if (read == 0)
            {
                return (buffer.AsMemory(0, length), null);
            }

            length += read;
            if (length > limit)
            {
                return (default, TooLarge(limit));
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
            }
        }
    }

    private static BodyRefusal TooLarge(int limit) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {limit} bytes; send fewer alerts at once, or raise Ingest:MaxBodyBytes.");
}
