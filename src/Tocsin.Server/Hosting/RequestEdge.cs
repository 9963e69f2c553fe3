using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Tocsin.Hosting;

/// <summary>
/// What every request is held to before anything looks at it. The web server has the same limits, twice as high: it refuses with an empty
/// answer, and so that senders are told why, it is here that they are met.
/// </summary>
internal static class RequestEdge
{
    private static readonly object _headersOnly = new();

    private const int MaxHeaders = 100;
    private const int MaxHeaderBytes = 32 * 1024;
    private const int MaxTarget = 8 * 1024;
    private const int MaxFormBytes = 1024 * 1024;

    public static void SetRequestEdge(this KestrelServerLimits limits)
    {
        (limits.MaxRequestHeaderCount, limits.MaxRequestHeadersTotalSize, limits.MaxRequestLineSize) = (2 * MaxHeaders, 2 * MaxHeaderBytes, 2 * MaxTarget);

        // Whoever sends, or takes, drop by drop holds a connection and nothing else, and not for long.
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(30);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.Http2.MaxStreamsPerConnection = 100;
    }

    public static void UseRequestEdge(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (Fault(context) is { } fault)
        {
            return fault.ToProblem().ExecuteAsync(context);
        }

        if (context.Request.HasFormContentType && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            // Forms are what people type; other bodies are read within limits of their own.
            body.MaxRequestBodySize = MaxFormBytes;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            // What GET answers, HEAD answers without the body, which the web server leaves out.
            context.Items[_headersOnly] = true;
            context.Request.Method = HttpMethods.Get;
        }

        return next(context);
    });

    /// <summary>Whether the body will not be sent, so that an endless one need not begin.</summary>
    public static bool WantsHeadersOnly(this HttpContext context) => context.Items.ContainsKey(_headersOnly);

    private static BodyRefusal? Fault(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > MaxTarget })
        {
            return new(StatusCodes.Status414UriTooLong, $"The address has more than {MaxTarget} bytes.");
        }

        var headers = context.Request.Headers;
        var bytes = 0L;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                bytes += name.Length + (value?.Length ?? 0) + 4;
            }
        }

        return headers.Count > MaxHeaders || bytes > MaxHeaderBytes
            ? new(StatusCodes.Status431RequestHeaderFieldsTooLarge, $"A request may have {MaxHeaders} headers with {MaxHeaderBytes} bytes in all.")
            : null;
    }
}
