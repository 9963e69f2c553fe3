using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace Tocsin.Hosting;

/// <summary>Which pages of other sites may use this API from a browser, with a key or token of theirs. Section <c>Cors</c>.</summary>
public sealed class CorsOptions
{
    /// <summary>Origins such as <c>https://status.example.com</c>, separated by commas; <c>*</c>: all; empty: none. The cookie of a login is never sent along.</summary>
    public string Origins { get; set; } = "";

    internal IReadOnlyList<string> List => Origins.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

internal sealed class CorsOptionsValidator : IValidateOptions<CorsOptions>
{
    public ValidateOptionsResult Validate(string? name, CorsOptions options) => options.List.All(IsOrigin)
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"{nameof(options.Origins)}: {nameof(options.Origins)} has something that is no origin; write https://app.example.com, without a path, or *");

    private static bool IsOrigin(string text) => text == "*"
        || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase)
            && uri.UserInfo.Length == 0);
}

internal static class CorsSetup
{
    private static readonly string[] _headers = ["Authorization", "X-API-Key", "Content-Type", "Last-Event-ID", "Idempotency-Key"];
    private static readonly string[] _exposed = ["Retry-After", "X-Request-Id", Correlation.Header, "Location"];

    /// <summary>Closed unless somebody opened it: without origins no answer carries a header of CORS, so browsers keep other sites out.</summary>
    public static void UseCorsOrigins(this IApplicationBuilder app, CorsOptions options)
    {
        if (options.List is not { Count: > 0 } origins)
        {
            return;
        }

        app.UseCors(policy =>
        {
            // Never with credentials: a person's session is for our own pages.
            (origins.Contains("*") ? policy.AllowAnyOrigin() : policy.WithOrigins([.. origins]))
                .AllowAnyMethod().WithHeaders(_headers).WithExposedHeaders(_exposed).SetPreflightMaxAge(TimeSpan.FromMinutes(10));
        });
    }
}
