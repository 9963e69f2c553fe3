using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Hosting;

/// <summary>
/// The name of one request, by which whatever came of it is found again: the delivery, the lines of the log, the issue. A sender may give one; it is
/// answered either way.
/// </summary>
internal static class Correlation
{
    public const string Header = "X-Correlation-Id";

    private const string OtherHeader = "X-Request-Id";
    private const int Longest = 100;

    /// <summary>Nothing that ends a line, a comment of HTML or a header, or that has a meaning where logs are searched.</summary>
    private static readonly SearchValues<char> _allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/+=@-");

    /// <summary>From here on the request carries an id in <see cref="Header"/> that is safe to store and to show.</summary>
    public static void UseCorrelation(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var headers = context.Request.Headers;
        headers[Header] = Safe(headers[Header]) ?? Safe(headers[OtherHeader]) ?? Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
        return next(context);
    });

    public static string Of(HttpContext context) => context.Request.Headers[Header].ToString();

    /// <returns>Null: there is none, or none that may be used; a wrong one is no reason to refuse what it came with.</returns>
    public static string? Safe(string? text) =>
        text is { Length: > 0 and <= Longest } && !text.AsSpan().ContainsAnyExcept(_allowed) && !text.Contains("--", StringComparison.Ordinal) ? text : null;
}
