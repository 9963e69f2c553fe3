using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Tocsin.Hosting;

/// <summary>
/// What a JSON body must be before a handler sees it, and the one place that says so: UTF-8, unpacked within the limit, no deeper than
/// 64, no member twice. Handlers then bind what is known to be JSON; a wrong kind of value is told by <see cref="BadRequests"/>.
/// </summary>
internal static class JsonBodies
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxDepth = 64;

    /// <summary>Comes after authorization: who may not send is not read.</summary>
    public static void UseJsonBodies(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is { RequestType: not null } accepts && accepts.ContentTypes.Contains("application/json"))
        {
            var (body, refusal) = await ReadAsync(context.Request, context.RequestAborted);
            if (refusal is not null)
            {
                await refusal.ToProblem().ExecuteAsync(context);
                return;
            }

            context.Request.Body = new MemoryStream(body.ToArray(), writable: false);
            context.Request.ContentLength = body.Length;
            context.Request.Headers.ContentEncoding = default;
            context.Request.ContentType = "application/json";
        }

        await next(context);
    });

    private static async Task<(ReadOnlyMemory<byte> Body, BodyRefusal? Refusal)> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !(type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix == "json"))
        {
            return (default, new(StatusCodes.Status415UnsupportedMediaType, "Send JSON, with Content-Type: application/json."));
        }

        if (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            return (default, new(StatusCodes.Status415UnsupportedMediaType, "JSON is UTF-8; send it so, and leave the charset out of Content-Type."));
        }

        var (body, refusal) = await RequestBody.ReadAsync(request, MaxBytes, ct);
        if (refusal is not null)
        {
            return (default, refusal);
        }

        if (body.Span.StartsWith("\uFEFF"u8))
        {
            body = body[3..];
        }

        return Fault(body.Span) is { } fault ? (default, new(StatusCodes.Status400BadRequest, fault)) : (body, null);
    }

    /// <summary>What keeps these bytes from being JSON that means one thing only; null when nothing does.</summary>
    public static string? Fault(ReadOnlySpan<byte> body)
    {
        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return "The body is empty; send JSON.";
        }

        if (!Utf8.IsValid(body))
        {
            return "The body is not valid UTF-8.";
        }

        var reader = new Utf8JsonReader(body, new() { MaxDepth = MaxDepth });
        Stack<HashSet<string>?> open = new();
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        open.Push(new(StringComparer.Ordinal));
                        break;
                    case JsonTokenType.StartArray:
                        open.Push(null);
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        open.Pop();
                        break;
                    case JsonTokenType.PropertyName when reader.GetString() is var name && !open.Peek()!.Add(name!):
                        return $"The member '{Notify.PlainText.OneLine(name, 80)}' is there twice; send it once.";
                    case JsonTokenType.String when reader.ValueIsEscaped:
                        _ = reader.GetString();
                        break;
                }
            }

            return null;
        }
        catch (JsonException e)
        {
            return $"The body is not JSON, is nested deeper than {MaxDepth} levels, or breaks off, at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.";
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for \ud800 without its other half.
            return $"A text before byte {reader.BytesConsumed + 1} has an escape that is half a character.";
        }
    }
}
