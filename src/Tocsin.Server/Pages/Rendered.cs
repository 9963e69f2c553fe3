using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Tocsin.Pages;

/// <summary>A page as an answer: the component, its model, the status and the headers that every page has.</summary>
internal sealed class Rendered<TPage, TModel>(Frame frame, TModel model, int status = StatusCodes.Status200OK) : IResult
    where TPage : PageBase<TModel>
    where TModel : notnull
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        PageHeaders.Apply(httpContext.Response);
        var parameters = new Dictionary<string, object?> { ["Frame"] = frame, ["Model"] = model };
        return new RazorComponentResult<TPage>(parameters) { StatusCode = status }.ExecuteAsync(httpContext);
    }
}
