using Microsoft.AspNetCore.Http;
using Tocsin.Audit;

namespace Tocsin.Pages;

/// <summary>Refuses forms that did not come from a page of ours. Stands before every handler of a form, after who is asking is known.</summary>
internal sealed class FormFilter(FormTokens tokens, FrameFactory frames, AuditTrail audit) : IEndpointFilter
{
    private const string Says = "This form is not from this session any more. Reload the page and send it again; nothing was changed.";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.Request.HasFormContentType && tokens.Admits(http.Request, await http.Request.ReadFormAsync(http.RequestAborted)))
        {
            return await next(context);
        }

        audit.ForgeryRefused(http);
        return Done.IsFragment(http.Request)
            ? Done.Refused(http.Request.Path, Says)
            : Errors.Page(frames.Outer(http), StatusCodes.Status400BadRequest, "Not sent", Says);
    }
}
