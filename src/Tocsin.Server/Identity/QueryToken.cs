using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tocsin.Identity;

/// <summary>
/// The key that a browser's EventSource, which can send no header, puts into the address of the alert stream: <c>?token=KEY</c>. It is
/// taken out of the request before anything else looks at it, so that no log, redirect or error page can repeat it.
/// </summary>
internal static class QueryToken
{
    private const string Name = "token";

    private static readonly object _item = new();

    public static void UseQueryToken(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var request = context.Request;
        if (request.Path.StartsWithSegments("/alerts", StringComparison.OrdinalIgnoreCase) && request.Query[Name] is [{ Length: > 0 } token, ..])
        {
            context.Items[_item] = token;
            request.QueryString = QueryString.Create(request.Query.Where(pair => !pair.Key.Equals(Name, StringComparison.OrdinalIgnoreCase)));
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = request.PathBase + request.Path + request.QueryString;
        }

        return next(context);
    });

    public static string? Of(HttpContext context) => context.Items[_item] as string;

    /// <summary>The web server's own lines about requests are written before any of ours and hold the whole address: they are never written.</summary>
    public static void KeepOutOfLog(IServiceCollection services) => services.PostConfigure<LoggerFilterOptions>(filters =>
    {
        const string RequestLines = "Microsoft.AspNetCore.Hosting.Diagnostics";

        // A rule for one provider wins over a rule for all, so each provider that has rules gets its own.
        foreach (var provider in filters.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToList())
        {
            filters.Rules.Add(new(provider, RequestLines, LogLevel.Warning, filter: null));
        }
    });
}
