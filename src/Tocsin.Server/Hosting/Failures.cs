using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Pages;

namespace Tocsin.Hosting;

/// <summary>The HTTP edge: what no handler answered becomes a problem, or a page for whoever looks with a browser.</summary>
internal static class Failures
{
    /// <summary>Says what failed without saying how: the log has the rest under the same trace id.</summary>
    public static Task AnswerAsync(HttpContext context)
    {
        var failure = context.Features.GetRequiredFeature<IExceptionHandlerFeature>();
        switch (failure.Error)
        {
            case StoreUnavailableException:
                return WriteAsync(context, Problems.Of(StatusCodes.Status503ServiceUnavailable, "store.unavailable", "Nothing was stored. Send it again in a few seconds."));
            case BadHttpRequestException bad:
                var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
                return WriteAsync(context, BadRequests.ToProblem(bad, failure.Endpoint, json));
            default:
                var trace = Correlation.Of(context);
                context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Failures)).RequestFailed(trace, context.Request.Method, failure.Path, failure.Error);
                return WriteAsync(context, Problems.Of(
                    StatusCodes.Status500InternalServerError, "internal", "Something failed here. Tell an administrator the trace id; paging goes on.", trace: trace));
        }
    }

    /// <summary>A status without a body gets one that says what to do.</summary>
    public static Task AnswerStatusAsync(StatusCodeContext status)
    {
        var response = status.HttpContext.Response;
        if (response.StatusCode == StatusCodes.Status400BadRequest && BadRequests.ToProblem(status.HttpContext) is { } unreadable)
        {
            return WriteAsync(status.HttpContext, unreadable);
        }

        return WriteAsync(status.HttpContext, Problems.Of(response.StatusCode, "request.refused", response.StatusCode switch
        {
            StatusCodes.Status404NotFound => "There is nothing at this address.",
            StatusCodes.Status405MethodNotAllowed => $"This address takes {(response.Headers.Allow.Count > 0 ? response.Headers.Allow.ToString() : "another method")} only.",
            StatusCodes.Status415UnsupportedMediaType => "Send JSON, with Content-Type: application/json.",
            _ => "The request was refused.",
        }));
    }

    private static Task WriteAsync(HttpContext context, ProblemHttpResult problem)
    {
        context.Response.StatusCode = problem.StatusCode;
        return Errors.WantsPage(context.Request) ? Errors.WriteAsync(context, problem.StatusCode, Correlation.Of(context)) : problem.ExecuteAsync(context);
    }
}

internal static partial class FailureLog
{
    [LoggerMessage(2051, LogLevel.Error, "Request {TraceId}, {Method} {Path}, met a bug and was answered 500")]
    public static partial void RequestFailed(this ILogger logger, string traceId, string method, string path, Exception e);
}
