using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Tocsin.Hosting;

namespace Tocsin;

/// <summary>Errors as RFC 9457 problems: the one place that knows status codes and how a problem looks.</summary>
internal static class Problems
{
    public static ProblemHttpResult ToProblem(this Error error) => Of(StatusOf(error), error.Code, error.Detail, error.Field);

    public static int StatusOf(Error error) => error.Kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.TooMany => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new UnreachableException(),
    };

    public static ProblemHttpResult ToProblem(this BodyRefusal refusal) => Of(refusal.Status, "body.refused", refusal.Detail);

    /// <summary>The same for a route that does not exist as for one that does: nobody learns which.</summary>
    public static ProblemHttpResult Unauthorized() => Of(
        StatusCodes.Status401Unauthorized, "request.unauthorized", "Send an API key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.");

    /// <param name="code">Stable and dotted; clients switch on it.</param>
    /// <param name="field">The input at fault.</param>
    /// <param name="trace">
    /// Only for failures of ours: equal refusals have equal bodies, so that "not yours" cannot be told from "not there". The header
    /// X-Request-Id names every request.
    /// </param>
    /// <param name="more">Members of this problem's own.</param>
    public static ProblemHttpResult Of(int status, string code, string detail, string? field = null, string? trace = null, Dictionary<string, object?>? more = null)
    {
        more ??= [];
        if (field is not null)
        {
            more["field"] = field;
        }

        if (trace is not null)
        {
            more["trace_id"] = trace;
        }

        return TypedResults.Problem(detail, statusCode: status, title: code, type: "about:blank", extensions: more);
    }
}
