using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Tocsin;

/// <summary>Errors as RFC 9457 problems: the one place that knows status codes.</summary>
internal static class Problems
{
    public static ProblemHttpResult ToProblem(this Error error) => TypedResults.Problem(
        statusCode: error.Kind switch
        {
            ErrorKind.Invalid => StatusCodes.Status422UnprocessableEntity,
            ErrorKind.NotFound => StatusCodes.Status404NotFound,
            ErrorKind.Conflict => StatusCodes.Status409Conflict,
            ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
            ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => throw new UnreachableException(),
        },
        title: error.Code,
        detail: error.Detail,
        extensions: error.Field is null ? null : [new("field", error.Field)]);

    /// <summary>The same for a route that does not exist as for one that does: nobody learns which.</summary>
    public static ProblemHttpResult Unauthorized() => TypedResults.Problem(
        statusCode: StatusCodes.Status401Unauthorized, title: "request.unauthorized",
        detail: "Send an API key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.");
}
