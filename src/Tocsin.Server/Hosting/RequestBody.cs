using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Tocsin.Hosting;

/// <summary>Why a body could not be taken, with the status that says so.</summary>
internal sealed record BodyRefusal(int Status, string Detail);

/// <summary>Reads a request's body whole, decompressed, within a limit that holds for both forms.</summary>
internal static class RequestBody
{
    /// <param name="advice">What to do about a body that is too large, after the sentence that says so.</param>
    public static async Task<(ReadOnlyMemory<byte> Body, BodyRefusal? Refusal)> ReadAsync(HttpRequest request, int limit, CancellationToken ct, string advice = "")
    {
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.Charset.HasValue && !HoldsAscii(HeaderUtilities.RemoveQuotes(type.Charset).ToString()))
        {
            return (default, new(StatusCodes.Status415UnsupportedMediaType, $"The charset '{Notify.PlainText.OneLine(type.Charset.ToString(), 40)}' is not known here; send UTF-8."));
        }

        var encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        if (encoding is not ("" or "identity" or "gzip" or "x-gzip" or "br" or "deflate"))
        {
            return (default, new(StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding '{encoding}' is not known; send gzip, br, deflate or none."));
        }

        if (request.ContentLength > limit)
        {
            return (default, TooLarge(limit, advice));
        }

        try
        {
            if (await ReadAsync(request.Body, (int)(request.ContentLength ?? 4096), limit, ct) is not { } raw)
            {
                return (default, TooLarge(limit, advice));
            }

            return encoding is "" or "identity" ? (raw, null) : Decode(raw, encoding, limit, advice);
        }
        catch (BadHttpRequestException e)
        {
            return (default, new(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLarge(limit, advice).Detail : "The body broke off before its end; send it again."));
        }
    }

    /// <summary>UTF-8, and those in which at least the English letters are the same: better some letters lost than an alert.</summary>
    private static bool HoldsAscii(string charset) =>
        charset.ToLowerInvariant() is "utf-8" or "utf8" or "us-ascii" or "ascii" or "latin1" or ['i', 's', 'o', '-', '8', '8', '5', '9', '-', ..] or ['w', 'i', 'n', 'd', 'o', 'w', 's', '-', '1', '2', '5', _];

    private static (ReadOnlyMemory<byte> Body, BodyRefusal? Refusal) Decode(ReadOnlyMemory<byte> packed, string encoding, int limit, string advice)
    {
        try
        {
            var (state, body) = encoding == "br" ? Brotli(packed.Span, limit) : Deflate(packed, encoding, limit);
            return state switch
            {
                OperationStatus.Done => (body, null),
                OperationStatus.DestinationTooSmall => (default, TooLarge(limit, advice)),
                OperationStatus.NeedMoreData => (default, new(StatusCodes.Status400BadRequest, $"The {encoding} body breaks off before its end; send it again, whole.")),
                _ => (default, NotPacked(encoding)),
            };
        }
        catch (InvalidDataException)
        {
            return (default, NotPacked(encoding));
        }
    }

    private static (OperationStatus State, ReadOnlyMemory<byte> Body) Brotli(ReadOnlySpan<byte> packed, int limit)
    {
        using var decoder = default(BrotliDecoder);
        var body = new byte[Math.Min(limit, Math.Max(packed.Length * 4, 4096))];
        var length = 0;
        while (true)
        {
            var state = decoder.Decompress(packed, body.AsSpan(length), out var consumed, out var written);
            packed = packed[consumed..];
            length += written;
            if (state != OperationStatus.DestinationTooSmall || length == limit)
            {
                return (state, body.AsMemory(0, length));
            }

            Array.Resize(ref body, (int)Math.Min(limit, body.Length * 2L));
        }
    }

    /// <summary>The framework's streams end quietly where their input does, so its last bytes tell whether that was the end.</summary>
    /// <exception cref="InvalidDataException">It is not of that encoding.</exception>
    private static (OperationStatus State, ReadOnlyMemory<byte> Body) Deflate(ReadOnlyMemory<byte> packed, string encoding, int limit)
    {
        using var input = new MemoryStream(packed.ToArray(), writable: false);
        using Stream decoder = encoding == "deflate" ? new ZLibStream(input, CompressionMode.Decompress) : new GZipStream(input, CompressionMode.Decompress);
        var body = new byte[(int)Math.Min(limit, Math.Max(packed.Length * 4L, 4096)) + 1];
        var length = 0;
        for (int read; (read = decoder.Read(body.AsSpan(length))) > 0;)
        {
            length += read;
            if (length > limit)
            {
                return (OperationStatus.DestinationTooSmall, default);
            }

            if (length == body.Length)
            {
                Array.Resize(ref body, (int)Math.Min(limit + 1, body.Length * 2L));
            }
        }

        var whole = encoding == "deflate" ? EndsWithSum(packed.Span, body.AsSpan(0, length)) : EndsWithLength(packed.Span, length);
        return (whole ? OperationStatus.Done : OperationStatus.NeedMoreData, body.AsMemory(0, length));
    }

    /// <summary>gzip ends with the length of its last part; there may be several parts.</summary>
    private static bool EndsWithLength(ReadOnlySpan<byte> packed, int length) =>
        packed.Length >= 18 && BinaryPrimitives.ReadUInt32LittleEndian(packed[^4..]) <= length;

    /// <summary>zlib ends with the Adler-32 of what was packed.</summary>
    private static bool EndsWithSum(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> body)
    {
        var (a, b) = (1u, 0u);
        foreach (var value in body)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return packed.Length >= 6 && BinaryPrimitives.ReadUInt32BigEndian(packed[^4..]) == ((b << 16) | a);
    }

    /// <returns>Null when there is more than <paramref name="limit"/>.</returns>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream stream, int expected, int limit, CancellationToken ct)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(Math.Clamp(expected, 256, limit) + 1);
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), ct);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
            if (length > limit)
            {
                return null;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, limit + 1L));
            }
        }
    }

    private static BodyRefusal NotPacked(string encoding) => new(StatusCodes.Status400BadRequest, $"The body is not {encoding}, although Content-Encoding says so.");

    private static BodyRefusal TooLarge(int limit, string advice) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {limit} bytes, packed or unpacked.{(advice.Length > 0 ? " " + advice : "")}");
}
